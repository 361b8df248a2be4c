import { NativeError, named, ownKeys, put } from './intrinsics.js';

const BUFFER_VIEWS = Object.getPrototypeOf(Uint8Array);

/** The structured clone algorithm for what a guest can hold; functions and symbols are refused. */
export const structuredClone = named('structuredClone', (value) => copy(value, new Map()));

function copy(value, seen) {
  if (typeof value === 'function' || typeof value === 'symbol') throw refusal('a ' + typeof value);
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  return copyOfWhole(value, seen) ?? copyOfMembers(value, seen);
}

/** Objects whose content is not in properties. */
function copyOfWhole(value, seen) {
  let made;
  if (value instanceof Date) made = new Date(value.getTime());
  else if (value instanceof RegExp) made = new RegExp(value.source, value.flags);
  else if (value instanceof ArrayBuffer) made = value.slice(0);
  else if (value instanceof BUFFER_VIEWS) made = value.slice();
  else if (value instanceof DataView) made = new DataView(value.buffer.slice(0), value.byteOffset, value.byteLength);
  else if (value instanceof Boolean || value instanceof Number || value instanceof String)
    made = Object(value.valueOf());
  else if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet)
    throw refusal('a ' + value.constructor.name);
  if (made !== undefined) seen.set(value, made);
  return made;
}

function copyOfMembers(value, seen) {
  const made = emptyLike(value);
  seen.set(value, made);
  if (value instanceof Map) value.forEach((member, key) => made.set(copy(key, seen), copy(member, seen)));
  else if (value instanceof Set) value.forEach((member) => made.add(copy(member, seen)));
  else if (value instanceof Error) {
    put(made, 'stack', value.stack, false);
    if ('cause' in value) put(made, 'cause', copy(value.cause, seen), false);
  } else {
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length; i++) {
      const open = typeof keys[i] === 'string' && Object.prototype.propertyIsEnumerable.call(value, keys[i]);
      if (open) put(made, keys[i], copy(value[keys[i]], seen));
    }
    if (Array.isArray(value)) made.length = value.length;
  }
  return made;
}

function emptyLike(value) {
  if (Array.isArray(value)) return [];
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  if (!(value instanceof Error)) return {};
  const kinds = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
  const Kind = kinds.find((kind) => value.name === kind.name) ?? Error;
  return new Kind(value.message);
}

function refusal(what) {
  const error = new NativeError('structuredClone() cannot copy ' + what + '.');
  put(error, 'name', 'DataCloneError', false);
  return error;
}
