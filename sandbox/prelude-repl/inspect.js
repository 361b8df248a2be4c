/**
 * Values as a REPL shows them: objects like literals, bounded in depth and length.
 *
 *  N1  Nothing of a value's own code runs but traps of a Proxy: getters are named, not read, and `toString` and `toJSON` not
 *      asked. What throws is shown as something that cannot be shown.
 *  N2  The text is at most about `room` characters long, whatever the value: what is left out is counted.
 */
import { messageOf } from '../prelude/errors.js';
import {
  add,
  dateText,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  indexOf,
  isArray,
  isDate,
  isError,
  isMap,
  isPromise,
  isRegExp,
  isSet,
  isView,
  mapSize,
  mapWalk,
  min,
  NativeString,
  ownKeys,
  setSize,
  setWalk,
  slice,
  sourceOf,
  flagsOf,
  sourceText,
  startsWith,
  stringify,
} from './intrinsics.js';
import { isFile } from './context.js';
import { Text } from './text.js';

const DEPTH = 6;
/** A value that fits in one line stands in one. */
const LINE = 100;
const TEXT_HEAD = 200;
const KEY = 200;

/** A value for people and models: strings as they are, all else by {@link inspect}. */
export function show(value, room) {
  return typeof value === 'string' ? value : inspect(value, room);
}

export function inspect(value, room) {
  return shown(value, { __proto__: null, room, above: [] }, '');
}

/** `state.room` is what is left of the whole text; `indent` stands before each further line. */
function shown(value, state, indent) {
  try {
    const text = typeof value === 'string' ? quoted(value, state) : plain(value, state, indent);
    state.room -= text.length;
    return text;
  } catch (error) {
    return '[cannot be shown: ' + slice(messageOf(error), 0, 100) + ']';
  }
}

function quoted(text, { room }) {
  const most = room > 40 ? room : 40;
  if (text.length <= most) return stringify(text);
  return stringify(slice(text, 0, most)) + '… +' + (text.length - most) + ' characters';
}

function plain(value, state, indent) {
  if (typeof value === 'bigint') return NativeString(value) + 'n';
  if (typeof value === 'function') return functionText(value);
  if (typeof value !== 'object' || value === null) return NativeString(value);
  const span = Text.spanOf(value);
  if (span !== null) return textText(value, span);
  for (let i = 0; i < state.above.length; i++) if (state.above[i] === value) return '[Circular]';
  const special = specialText(value);
  if (special !== null) return special;
  if (state.above.length >= DEPTH) return isArray(value) ? '[Array(' + value.length + ')]' : '[' + typeOf(value) + ']';
  add(state.above, value);
  const text = container(value, state, indent);
  state.above.length--;
  return text;
}

function functionText(value) {
  const name = getOwnPropertyDescriptor(value, 'name')?.value;
  const label = typeof name === 'string' && name !== '' ? ' ' + slice(name, 0, 100) : '';
  return startsWith(sourceText(value), 'class') ? '[class' + label + ']' : '[Function' + label + ']';
}

function textText(text, span) {
  const length = span[2] - span[1];
  const head = text.slice(0, min(TEXT_HEAD, length));
  return '[Text of ' + length + ' characters: ' + stringify(head) + '…]';
}

/** Objects whose content is not in members, or null. */
function specialText(value) {
  if (isPromise(value)) return 'Promise {<pending>} — await it';
  if (isError(value)) return NativeString(value.name) + ': ' + messageOf(value);
  if (isDate(value)) return dateText(value);
  if (isRegExp(value)) return '/' + sourceOf(value) + '/' + flagsOf(value);
  return null;
}

function container(value, state, indent) {
  const inner = indent + '  ';
  if (isArray(value)) return listText(value.length, state, '[', ']', indent, (i) => member(value, i, state, inner));
  if (isMap(value)) return entriesText('Map', mapSize(value), mapWalk(value), state, indent);
  if (isSet(value)) return entriesText('Set', setSize(value), setWalk(value), state, indent);
  if (isView(value) && typeof value.length === 'number') {
    const open = typeOf(value) + '(' + value.length + ') [';
    return listText(value.length, state, open, ']', indent, (i) => shown(value[i], state, inner));
  }
  const keys = ownKeys(value);
  const name = typeOf(value);
  return listText(keys.length, state, name === 'Object' ? '{' : name + ' {', '}', indent, (i) => {
    const hidden = typeof keys[i] !== 'string' || !getOwnPropertyDescriptor(value, keys[i])?.enumerable;
    return hidden ? null : keyText(keys[i], state) + ': ' + member(value, keys[i], state, inner);
  });
}

function entriesText(kind, size, next, state, indent) {
  const inner = indent + '  ';
  return listText(size, state, kind + '(' + size + ') {', '}', indent, () => {
    const entry = next();
    if (kind === 'Set') return shown(entry, state, inner);
    return shown(entry[0], state, inner) + ' => ' + shown(entry[1], state, inner);
  });
}

/** As many parts as there is room for; `one(i)` gives null for a part that is not shown. */
function listText(length, state, open, close, indent, one) {
  const parts = [];
  let i = 0;
  for (; i < length && state.room > 0; i++) {
    const part = one(i);
    // Separators and line breaks take room too, and parts that are not shown time.
    state.room -= part === null ? 1 : indent.length + 4;
    if (part !== null) add(parts, part);
  }
  if (i < length) add(parts, '… ' + (length - i) + ' more');
  return joined(parts, open, close, indent);
}

function joined(parts, open, close, indent) {
  let size = 0;
  let lines = false;
  for (let i = 0; i < parts.length; i++) {
    size += parts[i].length + 2;
    lines = lines || indexOf(parts[i], '\n') >= 0;
  }
  if (parts.length === 0) return open + close;
  const broken = lines || size > LINE;
  let text = open;
  for (let i = 0; i < parts.length; i++) {
    const before = broken ? '\n' + indent + '  ' : i === 0 ? '' : ' ';
    text += before + parts[i] + (i === parts.length - 1 ? '' : ',');
  }
  return text + (broken ? '\n' + indent : '') + close;
}

/** The text of a member: an accessor is named, not called. */
function member(value, key, state, indent) {
  const own = getOwnPropertyDescriptor(value, key);
  if (own !== undefined && hasOwn(own, 'value')) return shown(own.value, state, indent);
  state.room -= 8;
  return own === undefined ? '<empty>' : isFile(value) ? '[Text]' : '[Getter]';
}

function keyText(key, state) {
  const short = key.length > KEY ? slice(key, 0, KEY) + '…' : key;
  state.room -= short.length;
  return /^[A-Za-z_$][\w$]*$/.test(short) ? short : stringify(short);
}

/** What a value is, in one word, for lists of variables. */
export function typeOf(value) {
  if (value === null) return 'null';
  if (typeof value === 'function') return startsWith(sourceText(value), 'class') ? 'class' : 'function';
  if (typeof value !== 'object') return typeof value;
  try {
    if (Text.spanOf(value) !== null) return 'Text';
    if (isArray(value)) return 'Array';
    if (isMap(value)) return 'Map';
    if (isSet(value)) return 'Set';
    const prototype = getPrototypeOf(value);
    if (prototype === null) return 'Object';
    const maker = getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    const name = typeof maker === 'function' ? getOwnPropertyDescriptor(maker, 'name')?.value : undefined;
    return typeof name === 'string' && name !== '' ? slice(name, 0, 100) : 'Object';
  } catch {
    return 'Object';
  }
}

/** Characters, items or members of a value, or null when it has no size. */
export function sizeOf(value) {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return null;
  try {
    const span = Text.spanOf(value);
    if (span !== null) return span[2] - span[1];
    if (isArray(value)) return value.length;
    if (isMap(value)) return mapSize(value);
    if (isSet(value)) return setSize(value);
    if (isView(value)) return value.length ?? value.byteLength;
    return typeOf(value) === 'Object' ? ownKeys(value).length : null;
  } catch {
    return null;
  }
}
