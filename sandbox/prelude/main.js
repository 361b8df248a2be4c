import { agent, agentResult, callByName, file, files, outcomes, rlm, workflow } from './agents.js';
import { connect, receive, say, update } from './bridge.js';
import { budgetOf } from './budget.js';
import { keep, merge } from './changes.js';
import { structuredClone } from './clone.js';
import { makeParallel, makePipeline } from './compose.js';
import { agents, describe } from './describe.js';
import { errorText } from './errors.js';
import { approve, ask } from './gates.js';
import { evalGlobal, expose, exposeLate, parseJson, stringify } from './intrinsics.js';
import { lossOf, textOf } from './json.js';
import { makeRandom } from './random.js';
import { log, makeConsole, phase } from './speech.js';
import { TextDecoder, TextEncoder } from './text-coding.js';
import { clearTimeout, guardDate, now, refused, setTimeout, sleep } from './time.js';

/** Depend on when memory is collected, or are of no use without threads. */
const REMOVED = ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics'];

/**
 * Makes the globals that every guest has. This runs once, when the engine's image is built.
 * @returns what a sandbox calls with the constants of its run; that gives the guest's one entry (see sandbox.ts)
 */
export function boot(post) {
  connect(post);
  for (let i = 0; i < REMOVED.length; i++) delete globalThis[REMOVED[i]];
  exposeBuiltIns();
  return (startText) => {
    const start = parseJson(startText);
    update(start);
    exposeHooks(start);
    return enter;
  };
}

function exposeHooks(start) {
  const { maxItems } = start;
  const hooks = {
    args: start.hasArgs ? start.args : undefined,
    agent,
    agentResult,
    agents,
    approve,
    ask,
    budget: budgetOf(start.total, start.totals),
    call: callByName,
    clearTimeout,
    describe,
    file,
    files,
    keep,
    log,
    merge,
    now,
    outcomes,
    parallel: makeParallel(maxItems),
    phase,
    pipeline: makePipeline(maxItems),
    random: makeRandom(start.seed),
    rlm,
    setTimeout,
    sleep,
    workflow,
  };
  for (const name in hooks) expose(name, hooks[name]);
}

function exposeBuiltIns() {
  expose('console', makeConsole());
  expose('Date', guardDate());
  Math.random = refused('random', 'Math.random()', 'random()');
  expose('structuredClone', structuredClone);
  expose('TextDecoder', TextDecoder);
  expose('TextEncoder', TextEncoder);
  // 50 KB that few scripts need: a text until then.
  exposeLate(['URL', 'URLSearchParams'], () => evalGlobal(URL_SOURCE));
}

/** A function is the script's main, a string a settlement, anything else the error of a script that does not compile. */
function enter(input) {
  if (typeof input === 'string') receive(input);
  else if (typeof input === 'function') runMain(input);
  else fail(input);
}

async function runMain(main) {
  try {
    finish(await main());
  } catch (error) {
    fail(error);
  }
}

function finish(value) {
  const text = textOf(value, 'result');
  const loss = lossOf(value);
  say('done', loss === null ? '"value":' + text : '"value":' + text + ',"warning":' + stringify(loss));
}

function fail(error) {
  say('fail', '"error":' + errorText(error));
}
