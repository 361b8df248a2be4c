import { call } from './bridge.js';
import { carrying, promisePatch, withPatches } from './changes.js';
import { faultAt, kindOf, optionFault } from './errors.js';
import { NativeError, isArray, named, parseJson, plain, put, stringify } from './intrinsics.js';
import { textOf } from './json.js';

const NOTHING_SPENT = '{"inputTokens":0,"outputTokens":0,"usd":0}';
/** JSON texts of the outcomes so far: each caller gets a copy of its own. */
const outcomeTexts = { __proto__: null, length: 0 };

/** DW-10, DW-14: the text or validated object; null when the call died; throws when the host says so. */
export const agent = named('agent', (prompt, opts) => {
  // Made before the first await, so that its stack is the caller's.
  const site = new NativeError('');
  const called = callAgent('agent', prompt, opts, site);
  const value = valueLater(called, site);
  promisePatch(value, called);
  return value;
});

/** DW-14: how the call ended, as data. Never throws: what agent() would throw is in `error`. */
export const agentResult = named('agentResult', async (prompt, opts) => {
  try {
    const { ok, value, reason, error, usage, replayed, degraded, ms, patch } = await callAgent(
      'agentResult',
      prompt,
      opts,
      new NativeError(''),
    );
    const told = { ok, value, reason, error, usage, replayed, degraded, ms };
    if (patch !== undefined) told.patch = patch;
    return told;
  } catch (error) {
    const { code, message } = error;
    const usage = parseJson(NOTHING_SPENT);
    return {
      ok: false,
      value: null,
      reason: 'error',
      error: { code, message },
      usage,
      replayed: false,
      degraded: false,
      ms: 0,
    };
  }
});

/** DW-25: another script as part of this run. `nameOrRef` is a name or `{scriptPath}`. */
export const workflow = named('workflow', async (nameOrRef, args) => {
  let ref;
  if (typeof nameOrRef === 'string') ref = stringify(nameOrRef);
  else if (typeof nameOrRef === 'object' && nameOrRef !== null && typeof nameOrRef.scriptPath === 'string') {
    ref = '{"scriptPath":' + stringify(nameOrRef.scriptPath) + '}';
  } else throw optionFault("workflow() takes a name or {scriptPath: '…'}, got " + kindOf(nameOrRef) + '.');
  return await call('workflow', args === undefined ? ref : ref + ',' + textOf(args, 'args'), new NativeError(''));
});

/** A recursive language model over a context: a text, a value, file(), files(), or the result of an earlier rlm(). */
export const rlm = named('rlm', async (asked, context, opts) => {
  const question = plain(asked);
  if (typeof question !== 'string')
    throw optionFault('rlm() takes its question as a string, got ' + kindOf(question) + '.');
  const site = new NativeError('');
  const given = context === undefined ? 'null' : textOf(context, 'context');
  const options = opts === undefined || opts === null ? 'null' : optionsText('rlm', opts);
  return valueOf(noted(await call('rlm', stringify(question) + ',' + given + ',' + options, site)), site);
});

/** One way to call whatever bears a name: an agent definition, a saved workflow, a function of the configuration. */
export const callByName = named('call', async (name, args) => {
  if (typeof name !== 'string' || name === '') {
    throw optionFault('call() takes a name as a string, got ' + (name === '' ? 'an empty one' : kindOf(name)) + '.');
  }
  const site = new NativeError('');
  const given = args === undefined ? 'null' : textOf(args, 'args');
  return valueOf(noted(await call('call', stringify(name) + ',' + given, site)), site);
});

/** A file of the workspace as a context: the text stays where it is. */
export const file = named('file', (path) => contextOf('file', path));

/** All files of the workspace that match a pattern, as a context of named texts. */
export const files = named('files', (pattern) => contextOf('files', pattern));

function contextOf(kind, pattern) {
  if (typeof pattern !== 'string' || pattern === '') {
    throw optionFault(kind + '() takes a path as a string, got ' + kindOf(pattern) + '.');
  }
  return Object.freeze({ $context: kind, pattern });
}

/** DW-14: the record of every call so far that gave no value. */
export const outcomes = named('outcomes', () => {
  const list = [];
  for (let i = 0; i < outcomeTexts.length; i++) put(list, i, parseJson(outcomeTexts[i]));
  return list;
});

async function callAgent(hook, asked, opts, site) {
  const prompt = plain(asked);
  if (typeof prompt !== 'string')
    throw optionFault(hook + '() takes its prompt as a string, got ' + kindOf(prompt) + '.');
  const text = opts === undefined || opts === null ? 'null' : optionsText(hook, withPatches(hook + '()', opts));
  return noted(await call('agent', stringify(prompt) + ',' + text, site));
}

async function valueLater(called, site) {
  return valueOf(await called, site);
}

function noted(result) {
  if (result.outcome !== null) outcomeTexts[outcomeTexts.length++] = stringify(result.outcome);
  return result;
}

/** What the script gets of a finished call: its value; null when it died; an error when the host says so. */
function valueOf(result, site) {
  if (result.ok) return carrying(result.value, result.patch);
  if (result.throws) throw faultAt(site, result.error ?? { code: 'BRAID_INTERNAL', message: 'The call failed.' });
  return null;
}

/** JSON text of a call's options, which are an object. */
export function optionsText(hook, opts) {
  if (typeof opts !== 'object' || isArray(opts)) {
    throw optionFault(hook + '() takes its options as an object, got ' + kindOf(opts) + '.');
  }
  const text = textOf(opts, 'opts');
  // A toJSON of the script's may have made anything of it.
  if (text[0] !== '{') throw optionFault('The options of ' + hook + '() are no object after their toJSON().');
  return text;
}
