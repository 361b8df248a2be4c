/** The arguments of calls, in the orders that other systems use them too, sorted into prompt, content and options. */
import { kindOf, optionFault } from '../prelude/errors.js';
import { spanOf } from './context.js';
import { hint } from './hints.js';
import { getPrototypeOf, hasOwn, objectPrototype, ownKeys, put, stringify } from './intrinsics.js';
import { plainText } from './plain.js';

const OPTIONS = { __proto__: null, label: 1, model: 1, system: 1, schema: 1, maxOutputTokens: 1, budget: 1 };
const LIST = 'label, model, system, schema, maxOutputTokens, budget';
const PROMPTS = ['prompt', 'question', 'query', 'task'];
const CONTENTS = ['context', 'content'];
const MODEL = /^[\w.-]+\/[\w.:@/-]+$/;

/** `provider/model`, as systems that take the model as second argument get it. */
function isModel(value) {
  return typeof value === 'string' && value.length < 80 && MODEL.test(value);
}

export function isPlain(value) {
  if (typeof value !== 'object' || value === null || spanOf(value) !== null) return false;
  const prototype = getPrototypeOf(value);
  return prototype === objectPrototype || prototype === null;
}

/** Whether an object can only be options: it has members, and all are names of options or of a context. */
export function looksLikeOptions(value) {
  if (!isPlain(value)) return false;
  const keys = ownKeys(value);
  for (let i = 0; i < keys.length; i++) if (OPTIONS[keys[i]] === undefined && keys[i] !== 'context') return false;
  return keys.length > 0;
}

/** `(content?, opts?)`, `(model?, content?)`, `(content, model)`. @returns {{ content, opts: object }} */
export function sortArguments(hook, second, third) {
  const sorted = { __proto__: null, content: undefined, opts: { __proto__: null } };
  const rest = [second, third];
  for (let i = 0; i < 2; i++) {
    const value = rest[i];
    if (value === undefined || value === null) continue;
    if (isModel(value)) put(sorted.opts, 'model', value);
    else if (isPlain(value)) takeOptions(hook, sorted, value);
    else sorted.content = value;
  }
  return sorted;
}

/** An item of a batch: a prompt, or `{prompt, context?, ...opts}`. @returns {{ prompt, content, opts }} */
export function itemOf(hook, item, common) {
  const sorted = { __proto__: null, prompt: item, content: undefined, opts: { __proto__: null } };
  if (isPlain(common)) takeOptions(hook, sorted, common);
  if (!isPlain(item)) return sorted;
  sorted.prompt = firstOf(item, PROMPTS);
  takeOptions(hook, sorted, item);
  return sorted;
}

function takeOptions(hook, sorted, given) {
  const keys = ownKeys(given);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key !== 'string' || given[key] === undefined) continue;
    if (OPTIONS[key] !== undefined) put(sorted.opts, key, given[key]);
    else if (includes(CONTENTS, key)) sorted.content = given[key];
    else if (!includes(PROMPTS, key)) hint(hook + '() has no option ' + stringify(key) + '; it knows ' + LIST + '.');
  }
}

export function optionsText(hook, opts) {
  const text = plainText(opts, 'opts');
  if (text[0] !== '{') throw optionFault(hook + '() takes its options as an object, got ' + kindOf(opts) + '.');
  return text;
}

function firstOf(object, names) {
  for (let i = 0; i < names.length; i++) if (hasOwn(object, names[i])) return object[names[i]];
  return undefined;
}

function includes(list, key) {
  for (let i = 0; i < list.length; i++) if (list[i] === key) return true;
  return false;
}
