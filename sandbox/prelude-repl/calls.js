/** Calls of models, agents, workflows and tools: each is a message that the session returns to its workflow (design §4.3). */
import { call } from '../prelude/bridge.js';
import { fault, kindOf, messageOf, optionFault } from '../prelude/errors.js';
import { add, hasOwn, indexOf, isArray, named, NativeError, put, startsWith, stringify } from './intrinsics.js';
import { isPlain, itemOf, looksLikeOptions, optionsText, sortArguments } from './options.js';
import { commas, plainText } from './plain.js';
import { contextText, promptText } from './prompt.js';
import { Text } from './text.js';

/** Open while a cell runs. When its end is told, code of values (Proxy traps) may run; it can make no calls. */
export const gate = { __proto__: null, open: false };

/** The model's text, or the object that `opts.schema` asks for. More content may follow the prompt: by reference, if it is a text. */
export const llm_query = named('llm_query', async (prompt, second, third) => {
  const site = new NativeError('');
  return await send('llm', site, () => 'false,[' + llmItem(prompt, second, third) + ']');
});

/** All at once; a failed item is an `{error, code}` object in its place (RL-21). */
export const llm_query_batched = named('llm_query_batched', async (prompts, second, third) => {
  const site = new NativeError('');
  const values = await send(
    'llm',
    site,
    () => 'true,[' + batchText('llm_query_batched', prompts, second, third, llmText) + ']',
  );
  return marked(values);
});

/** A model with a REPL of its own over `context`: a string, a text, texts, files, or any JSON value. */
export const rlm_query = named('rlm_query', async (question, context, opts) => {
  const site = new NativeError('');
  return await send('rlm', site, () => 'false,[' + rlmItem(question, context, opts) + ']');
});

/** A list of questions, `[question, context]` or `{question, context, ...opts}`. */
export const rlm_query_batched = named('rlm_query_batched', async (list, second, third) => {
  const site = new NativeError('');
  const values = await send(
    'rlm',
    site,
    () => 'true,[' + batchText('rlm_query_batched', list, second, third, rlmText) + ']',
  );
  return marked(values);
});

/** An agent of the dialect. */
export const agent = named('agent', async (prompt, opts) => {
  const site = new NativeError('');
  return await send('agent', site, () => {
    return promptText(prompt, undefined, 'the prompt of agent()') + ',' + optsText('agent', opts);
  });
});

/** A saved workflow's name, `{scriptPath}`, or a script: its text or `{source}`. */
export const workflow = named('workflow', async (ref, args) => {
  const site = new NativeError('');
  return await send('workflow', site, () => refText(ref) + (args === undefined ? '' : ',' + plainText(args, 'args')));
});

/** Waits for a person's answer, however long that takes. `opts`: `schema`, `timeout`, `default`. */
export const ask = named('ask', async (question, opts) => {
  const site = new NativeError('');
  return await send('ask', site, () => wordsText(question, 'the question of ask()') + ',' + optsText('ask', opts));
});

/** True or false, from a person. `details` is what is decided about: a text or any value. */
export const approve = named('approve', async (what, details, opts) => {
  const site = new NativeError('');
  return await send('approve', site, () => {
    const shown = details === undefined ? 'null' : plainText(details, 'details');
    return wordsText(what, 'what approve() asks for') + ',' + shown + ',' + optsText('approve', opts);
  });
});

/** An agent definition, a saved workflow or a function of the configuration, by its name. */
export const callByName = named('call', async (name, args) => {
  const site = new NativeError('');
  return await send('call', site, () => {
    return wordsText(name, 'the name for call()') + ',' + (args === undefined ? 'null' : plainText(args, 'args'));
  });
});

/** What `call()` takes, each with what it is. */
export const agents = named('agents', async () => {
  const site = new NativeError('');
  return await send('describe', site, () => 'null');
});

/** One of these, with its prompt, what it takes, and what calls of it have cost so far. */
export const describe = named('describe', async (name) => {
  const site = new NativeError('');
  return await send('describe', site, () => wordsText(name, 'the name for describe()'));
});

/** The user's own tools, by name. */
export function makeTools(tools) {
  const made = {};
  for (let i = 0; i < tools.length; i++) {
    const { name } = tools[i];
    const tool = async (args) => {
      const site = new NativeError('');
      return await send('tool', site, () => stringify(name) + ',' + plainText(args ?? null, 'args'));
    };
    put(made, name, named(name, tool));
  }
  return made;
}

/** Posts a call. Arguments that cannot be written make a call that fails with what is wrong about them. */
function send(name, site, write) {
  if (!gate.open) throw fault('BRAID_NOT_AVAILABLE', 'No call can be made while a value is shown.');
  let args;
  try {
    args = write();
  } catch (error) {
    const code =
      typeof error === 'object' && error !== null && typeof error.code === 'string' ? error.code : 'BRAID_OPTION';
    return call('wrong', stringify(code) + ',' + stringify(messageOf(error)), site);
  }
  return call(name, args, site);
}

function llmItem(prompt, second, third) {
  const sorted = isPlain(prompt) ? itemOf('llm_query', prompt, second) : sortArguments('llm_query', second, third);
  if (!isPlain(prompt)) sorted.prompt = prompt;
  return llmText('llm_query', sorted);
}

function llmText(hook, { prompt, content, opts }) {
  const text = promptText(prompt, content, 'the prompt of ' + hook + '()');
  return '{"prompt":' + text + ',"options":' + optionsText(hook, opts) + '}';
}

function rlmItem(question, context, opts) {
  const alone = opts === undefined && looksLikeOptions(context);
  const sorted = isPlain(question)
    ? itemOf('rlm_query', question, context)
    : itemOf('rlm_query', question, alone ? context : opts);
  if (!alone && context !== undefined && !isPlain(question)) sorted.content = context;
  return rlmText('rlm_query', sorted);
}

function rlmText(hook, { prompt, content, opts }) {
  const question = promptText(prompt, undefined, 'the question of ' + hook + '()');
  return (
    '{"question":' + question + ',"context":' + contextText(content) + ',"options":' + optionsText(hook, opts) + '}'
  );
}

/** Items with options for all of them; an array as second argument holds the content of each. */
function batchText(hook, list, second, third, write) {
  if (!isArray(list)) throw optionFault(hook + '() takes an array, got ' + kindOf(list) + '.');
  const contents = isArray(second) ? second : null;
  if (contents !== null && contents.length !== list.length) {
    throw optionFault(hook + '() got ' + list.length + ' prompts and ' + contents.length + ' contents.');
  }
  const texts = [];
  for (let i = 0; i < list.length; i++) {
    const pair = write === rlmText && isArray(list[i]) ? list[i] : null;
    const sorted = itemOf(hook, pair === null ? list[i] : pair[0], contents === null ? second : third);
    if (pair !== null) sorted.content = pair[1];
    if (contents !== null) sorted.content = contents[i];
    add(texts, itemText(hook, sorted, i, write));
  }
  return commas(texts);
}

function itemText(hook, sorted, index, write) {
  try {
    return write(hook, sorted);
  } catch (error) {
    throw optionFault('Item ' + index + ': ' + messageOf(error));
  }
}

/** Failed items print as what they are. */
function marked(values) {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const failed = typeof value === 'object' && value !== null && hasOwn(value, 'error') && hasOwn(value, 'code');
    if (failed) put(value, 'toString', errorToString, false);
  }
  return values;
}

const errorToString = named('toString', function () {
  return 'Error: ' + this.error;
});

/** A text that a person reads, or a name: never empty, never by reference. */
function wordsText(value, what) {
  const text = Text.spanOf(value) === null ? value : value.toString();
  if (typeof text === 'string' && text !== '') return stringify(text);
  throw optionFault(what + ' is a string, got ' + (text === '' ? 'an empty one' : kindOf(value)) + '.');
}

function optsText(hook, opts) {
  return opts === undefined || opts === null ? 'null' : optionsText(hook, opts);
}

function refText(ref) {
  if (typeof ref === 'string') {
    const isSource = indexOf(ref, '\n') >= 0 || startsWith(ref, 'export const meta');
    return isSource ? '{"source":' + stringify(ref) + '}' : stringify(ref);
  }
  if (typeof ref === 'object' && ref !== null) {
    if (typeof ref.source === 'string') return '{"source":' + stringify(ref.source) + '}';
    if (typeof ref.scriptPath === 'string') return '{"scriptPath":' + stringify(ref.scriptPath) + '}';
  }
  throw optionFault("workflow() takes a name, {scriptPath: '…'} or a script's text, got " + kindOf(ref) + '.');
}
