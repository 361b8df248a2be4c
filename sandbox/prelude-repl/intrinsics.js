/** Built-ins as they were before any cell ran: those of the scripts' prelude (its rules G1 to G3 hold here too), and more. */
import { apply } from '../prelude/intrinsics.js';

export * from '../prelude/intrinsics.js';

/** Under its own name: a cell may delete `globalThis`. */
export const globals = globalThis;
export const NativeRegExp = RegExp;
export const { getPrototypeOf, getOwnPropertyDescriptor, setPrototypeOf, defineProperty: define, hasOwn } = Object;
export const objectPrototype = Object.prototype;
export const { get: reflectGet } = Reflect;
export const { isView } = ArrayBuffer;
export const { floor, max, min, trunc } = Math;

/** `f` with its receiver as first argument. */
const free = (f) => (self, a, b) => apply(f, self, [a, b]);
const text = String.prototype;
const getter = (prototype, name) => {
  const { get } = getOwnPropertyDescriptor(prototype, name);
  return (self) => apply(get, self, []);
};

/** The members of a collection one by one, past patched iterators: gives a function that gives the next one. */
function walker(begin, example) {
  const { next } = getPrototypeOf(example);
  return (collection) => {
    const iterator = apply(begin, collection, []);
    return () => apply(next, iterator, []).value;
  };
}

export const indexOf = free(text.indexOf);
export const codePointAt = free(text.codePointAt);
export const splitText = free(text.split);
export const trimText = free(text.trim);
export const trimStartText = free(text.trimStart);
export const trimEndText = free(text.trimEnd);
export const startsWith = free(text.startsWith);
export const exec = free(NativeRegExp.prototype.exec);
export const sourceOf = getter(NativeRegExp.prototype, 'source');
export const flagsOf = getter(NativeRegExp.prototype, 'flags');
export const mapForEach = free(Map.prototype.forEach);
export const setForEach = free(Set.prototype.forEach);
export const mapWalk = walker(Map.prototype.entries, new Map().entries());
export const setWalk = walker(Set.prototype.values, new Set().values());
export const mapSize = getter(Map.prototype, 'size');
export const setSize = getter(Set.prototype, 'size');
export const dateText = free(Date.prototype.toISOString);
export const sourceText = free(Function.prototype.toString);
export const propertyIsEnumerable = free(Object.prototype.propertyIsEnumerable);
export const joinArray = free(Array.prototype.join);
export const sortArray = free(Array.prototype.sort);

/** Adds to the end of one of the prelude's own lists, past any setter on Array.prototype. */
export function add(list, value) {
  define(list, list.length, { __proto__: null, value, enumerable: true, writable: true, configurable: true });
}

/** Whether the getter of a built-in's own slot accepts the value. Asked last: a refusal costs an error with its stack. */
function isBranded(probe, value) {
  try {
    probe(value);
    return true;
  } catch {
    return false;
  }
}

/** `instanceof` that no `Symbol.hasInstance` can change. */
function isA(value, prototype) {
  if (typeof value !== 'object' || value === null) return false;
  for (let above = getPrototypeOf(value); above !== null; above = getPrototypeOf(above)) {
    if (above === prototype) return true;
  }
  return false;
}

const { prototype: promises } = Promise;
const { prototype: errors } = Error;
const { prototype: dates } = Date;
const { prototype: regexes } = RegExp;
const { prototype: maps } = Map;
const { prototype: sets } = Set;
export const isMap = (value) => isA(value, maps) && isBranded(mapSize, value);
export const isSet = (value) => isA(value, sets) && isBranded(setSize, value);
export const isPromise = (value) => isA(value, promises);
export const isError = (value) => isA(value, errors);
export const isDate = (value) => isA(value, dates) && isBranded(dateText, value);
export const isRegExp = (value) => isA(value, regexes) && isBranded(sourceOf, value);
