/** The variables that cells have made: globals that were not there when the session opened, and those declared again. */
import { inspect, sizeOf, typeOf } from './inspect.js';
import { add, globals, hasOwn, ownKeys, put, slice, sortArray, stringify } from './intrinsics.js';

/** Names that were there before any cell. */
const builtIn = { __proto__: null };
/** When a name was declared last. */
const declared = { __proto__: null };
let declarations = 0;
const most = { __proto__: null, shown: 0, preview: 0 };

export function setVariableLimits(shown, preview) {
  most.shown = shown;
  most.preview = preview;
}

/** What is there now belongs to Braid. */
export function noteBuiltIns() {
  const names = ownKeys(globals);
  for (let i = 0; i < names.length; i++) if (typeof names[i] === 'string') builtIn[names[i]] = true;
}

/** A cell is about to assign to these: each has to be a global. */
export function declare(names) {
  for (let i = 0; i < names.length; i++) {
    declared[names[i]] = ++declarations;
    if (!hasOwn(globals, names[i])) put(globals, names[i], undefined);
  }
}

/** Those declared last first. */
export function userNames() {
  const found = [];
  const names = ownKeys(globals);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (typeof name !== 'string' || (builtIn[name] !== undefined && declared[name] === undefined)) continue;
    // Made by an assignment alone.
    declared[name] ??= ++declarations;
    add(found, { name, place: declared[name] });
  }
  sortArray(found, (a, b) => b.place - a.place);
  const list = [];
  for (let i = 0; i < found.length; i++) add(list, found[i].name);
  return list;
}

/** JSON text of the list that goes with a cell's end. */
export function variablesText() {
  const names = userNames();
  let text = '[';
  for (let i = 0; i < names.length && i < most.shown; i++) {
    const { name, type, size, preview } = infoOf(names[i]);
    text += (i === 0 ? '' : ',') + '{"name":' + stringify(name) + ',"type":' + stringify(type);
    text += ',"size":' + size + ',"preview":' + stringify(preview) + '}';
  }
  return text + ']';
}

/** One line for each variable, to be shown or printed. */
export function showVariables() {
  const names = userNames();
  if (names.length === 0) return 'No variables yet.';
  let text = '';
  for (let i = 0; i < names.length; i++) {
    const { name, type, size, preview } = infoOf(names[i]);
    text += (i === 0 ? '' : '\n') + name + ': ' + type + (size === null ? '' : ' (' + size + ')') + ' = ' + preview;
  }
  return text;
}

function infoOf(name) {
  let value;
  try {
    value = globals[name];
  } catch {
    return { name, type: 'accessor', size: null, preview: '' };
  }
  const whole = inspect(value, most.preview);
  const preview = whole.length > most.preview ? slice(whole, 0, most.preview - 1) + '…' : whole;
  return { name, type: typeOf(value), size: sizeOf(value), preview };
}
