import { call, say } from './bridge.js';
import { kindOf, optionFault } from './errors.js';
import {
  NativeError,
  NativePromise,
  NativeString,
  define,
  hasOwn,
  isArray,
  named,
  ownKeys,
  put,
} from './intrinsics.js';
import { textOf } from './json.js';

/** What agents changed, put together: `{patch, conflicts}`. Takes patches, or what has one; null entries are passed over. */
export const merge = named('merge', async (patches) => {
  if (!isArray(patches)) throw optionFault('merge() takes an array of patches, got ' + kindOf(patches) + '.');
  return await call('merge', listText('merge()', patches), new NativeError(''));
});

/** This is what the run has to show; null: nothing. */
export const keep = named('keep', (patch) => {
  if (patch === undefined) throw optionFault('keep() takes a patch, got undefined.');
  say('keep', '"patch":' + (patchText('keep()', patch) ?? 'null'));
});

/** The options of an agent with `on` as a list of patches, whatever holds them. */
export function withPatches(hook, opts) {
  if (typeof opts !== 'object' || isArray(opts)) return opts;
  const { on } = opts;
  if (on === undefined || on === null) return opts;
  const copy = {};
  const keys = ownKeys(opts);
  for (let i = 0; i < keys.length; i++) put(copy, keys[i], opts[keys[i]]);
  const list = [];
  if (isArray(on)) for (let i = 0; i < on.length; i++) addPatch(list, hook + ': on', on[i]);
  else addPatch(list, hook + ': on', on);
  put(copy, 'on', list);
  return copy;
}

/**
 * A value with the patch of the agent that gave it. Texts become objects, because a text has no properties; an own member `patch` of the
 * value stays what it is. `patch` is undefined for an agent that may change nothing.
 */
export function carrying(value, patch) {
  if (patch === undefined) return value;
  const carrier = typeof value === 'string' ? new NativeString(value) : value;
  if (typeof carrier === 'object' && carrier !== null && !hasOwn(carrier, 'patch')) put(carrier, 'patch', patch, false);
  return carrier;
}

/** Gives a call's promise its `patch`: a promise of the patch, null for none, made when it is asked for. */
export function promisePatch(promise, called) {
  define(promise, 'patch', { __proto__: null, configurable: true, get: () => patchIn(called) });
}

async function patchIn(called) {
  try {
    return (await called).patch ?? null;
  } catch {
    return null;
  }
}

function listText(what, list) {
  let text = '';
  for (let i = 0; i < list.length; i++) {
    const one = patchText(what, list[i]);
    if (one !== null) text += (text === '' ? '' : ',') + one;
  }
  return '[' + text + ']';
}

function patchText(what, value) {
  const patch = patchOf(what, value);
  return patch === null ? null : textOf(patch, 'patch');
}

function addPatch(list, what, value) {
  const patch = patchOf(what, value);
  if (patch !== null) put(list, list.length, patch);
}

/** A patch, or that of a result; null for none. The host checks what is in it. */
function patchOf(what, value) {
  if (value === undefined || value === null) return null;
  if (value instanceof NativePromise) throw optionFault(what + ' takes patches, got a Promise: await it first.');
  if (typeof value === 'object' && hasOwn(value, 'patch')) {
    const { patch } = value;
    if (patch === null || isPatch(patch)) return patch;
  }
  if (isPatch(value)) return value;
  throw optionFault(
    what + ' takes patches, got ' + kindOf(value) + ' without one: only agents that may change files give a patch.',
  );
}

function isPatch(value) {
  return typeof value === 'object' && value !== null && typeof value.overlay === 'string';
}
