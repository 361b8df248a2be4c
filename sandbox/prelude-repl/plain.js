/** Values as JSON texts that keep what people mean: Maps, Sets, BigInts and dates too; what cannot be written is an error. */
import { fault, kindOf } from '../prelude/errors.js';
import {
  add,
  dateText,
  isArray,
  isDate,
  isError,
  isMap,
  isPromise,
  isSet,
  isView,
  joinArray,
  mapForEach,
  NativeString,
  ownKeys,
  propertyIsEnumerable,
  setForEach,
  stringify,
} from './intrinsics.js';
import { Text } from './text.js';

const DEPTH = 500;

/** Throws BRAID_SCRIPT_VALUE with the place of what cannot be written; `what` begins its path. */
export function plainText(value, what) {
  const text = textOf(value, what, []);
  if (text === undefined) throw refused(what, 'is ' + kindOf(value));
  return text;
}

/** Undefined for what JSON leaves out. */
function textOf(value, path, above) {
  if (typeof value === 'bigint') return stringify(NativeString(value));
  if (typeof value !== 'object' || value === null) return stringify(value);
  if (Text.spanOf(value) !== null) return stringify(value.toString());
  if (isPromise(value)) throw refused(path, 'is a Promise: await it first');
  if (isDate(value)) return stringify(dateText(value));
  for (let i = 0; i < above.length; i++)
    if (above[i] === value) throw refused(path, 'is a cycle: the object contains itself');
  if (above.length >= DEPTH) throw refused(path, 'is nested more than ' + DEPTH + ' levels deep');
  add(above, value);
  const text = containerText(value, path, above);
  above.length--;
  return text;
}

function containerText(value, path, above) {
  if (isArray(value) || isView(value)) return listText(value, path, above);
  if (isMap(value)) return mapText(value, path, above);
  if (isSet(value)) {
    const items = [];
    setForEach(value, (item) => add(items, item));
    return listText(items, path, above);
  }
  if (typeof value.toJSON === 'function') return textOf(value.toJSON(''), path, above);
  const members = [];
  if (isError(value)) {
    add(members, '"name":' + stringify('' + value.name));
    add(members, '"message":' + stringify('' + value.message));
  }
  const keys = ownKeys(value);
  for (let i = 0; i < keys.length; i++) {
    if (typeof keys[i] !== 'string' || !propertyIsEnumerable(value, keys[i])) continue;
    const text = textOf(value[keys[i]], path + '.' + keys[i], above);
    if (text !== undefined) add(members, stringify(keys[i]) + ':' + text);
  }
  return '{' + commas(members) + '}';
}

function listText(list, path, above) {
  const items = [];
  for (let i = 0; i < list.length; i++) add(items, textOf(list[i], path + '[' + i + ']', above) ?? 'null');
  return '[' + commas(items) + ']';
}

/** An object when all keys are strings or numbers, else pairs. */
function mapText(map, path, above) {
  const pairs = [];
  let named = true;
  mapForEach(map, (item, key) => {
    if (typeof key !== 'string' && typeof key !== 'number') named = false;
    add(pairs, [key, item]);
  });
  if (!named) return listText(pairs, path, above);
  const members = [];
  for (let i = 0; i < pairs.length; i++) {
    const key = NativeString(pairs[i][0]);
    const text = textOf(pairs[i][1], path + '.' + key, above);
    if (text !== undefined) add(members, stringify(key) + ':' + text);
  }
  return '{' + commas(members) + '}';
}

function refused(path, what) {
  return fault('BRAID_SCRIPT_VALUE', path + ' ' + what + '.');
}

/** Joined natively: adding to a long text piece by piece would copy it each time. */
export const commas = (texts) => joinArray(texts, ',');
