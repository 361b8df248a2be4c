import { connect } from '../prelude/bridge.js';
import { structuredClone } from '../prelude/clone.js';
import { makeParallel } from '../prelude/compose.js';
import { makeRandom } from '../prelude/random.js';
import { TextDecoder, TextEncoder } from '../prelude/text-coding.js';
import { makeBudget } from './budget.js';
import {
  agent,
  agents,
  approve,
  ask,
  callByName,
  describe,
  llm_query,
  llm_query_batched,
  makeTools,
  rlm_query,
  rlm_query_batched,
  workflow,
} from './calls.js';
import { enter } from './cell.js';
import { clearTimeout, makeAbsent, now, setTimeout, sleep } from './clock.js';
import { makeContext } from './context.js';
import { FINAL, FINAL_VAR, SUBMIT } from './final.js';
import { makeEagerPipeline } from './flow.js';
import { connectHost } from './host.js';
import { typeOf } from './inspect.js';
import { evalGlobal, expose, exposeLate, named, parseJson, startsWith } from './intrinsics.js';
import { makeConsole, print, setOutputLimits, write } from './output.js';
import { addStringHelpers } from './string-helpers.js';
import { limits } from './text-parts.js';
import { textOf } from './text.js';
import { noteBuiltIns, setVariableLimits, showVariables } from './variables.js';

/** Depend on when memory is collected, or are of no use without threads. */
const REMOVED = ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics'];

/**
 * Makes the globals that every session has. This runs once, when the engine's image is built.
 * @returns what a session calls with its constants; that gives the guest's one entry (see cell.js)
 */
export function boot(post) {
  // Lines of the dialect's primitives (what became null and why) are output here.
  connect((text) => (startsWith(text, '{"type":"log"') ? write(parseJson(text).text + '\n') : post(text)));
  connectHost(post);
  for (let i = 0; i < REMOVED.length; i++) delete globalThis[REMOVED[i]];
  addStringHelpers();
  exposeAll(BUILT_INS);
  exposeAll(makeAbsent());
  expose('console', makeConsole());
  // 50 KB that few cells need: a text until then.
  exposeLate(['URL', 'URLSearchParams'], () => evalGlobal(URL_SOURCE));
  return (startText) => {
    open(parseJson(startText));
    return enter;
  };
}

const BUILT_INS = {
  __kind: named('__kind', (value) => (typeOf(value) === 'Text' ? 'string' : 'object')),
  agent,
  agents,
  approve,
  ask,
  call: callByName,
  clearTimeout,
  describe,
  FINAL,
  FINAL_VAR,
  llm_query,
  llm_query_batched,
  log: print,
  now,
  print,
  rlm_query,
  rlm_query_batched,
  setTimeout,
  SHOW_VARS: named('SHOW_VARS', showVariables),
  sleep,
  structuredClone,
  SUBMIT,
  TextDecoder,
  TextEncoder,
  workflow,
  // Names that other systems use.
  call_llm: llm_query,
  sub_rlm: rlm_query,
  recursive_llm: rlm_query,
  batch_llm_query: llm_query_batched,
  llm_batch: llm_query_batched,
  llm_query_parallel: llm_query_batched,
  batch_rlm_query: rlm_query_batched,
};

function open({ seed, context, question, texts, tools, maxItems, sizes }) {
  limits.lazyChars = sizes.lazyChars;
  limits.stringChars = sizes.stringChars;
  setOutputLimits(sizes.outputHead, sizes.outputTail);
  setVariableLimits(sizes.variablesShown, sizes.previewChars);
  const random = makeRandom(seed);
  Math.random = random;
  exposeAll({
    answer: { content: '', ready: false },
    budget: makeBudget(),
    context: makeContext(context, texts),
    parallel: makeParallel(maxItems),
    pipeline: makeEagerPipeline(maxItems),
    random,
    question: question.text === undefined ? textOf(question.doc, texts[question.doc].length) : question.text,
    tools: makeTools(tools),
  });
  noteBuiltIns();
}

function exposeAll(values) {
  for (const name in values) expose(name, values[name]);
}
