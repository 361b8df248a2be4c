import { say, state } from '../prelude/bridge.js';
import { fault, kindOf, messageOf, optionFault } from '../prelude/errors.js';
import { hint } from './hints.js';
import { add, apply, named } from './intrinsics.js';
import { writeLine } from './output.js';
import { wholeOf } from './search.js';

/** Time stands still within a turn: Date shows the same moment. */
export const now = named('now', () => state.now);

const NO_CLOCK = 'Cells have no clock: sleep() and setTimeout() go on at once.';

export const sleep = named('sleep', async () => {
  hint(NO_CLOCK);
});

let lastTimer = 0;
/** Timers that have not run: {id, due, callback, args}. */
const timers = [];

/** The callback runs when all jobs have, in the order of delays. */
export const setTimeout = named('setTimeout', function (callback, delay) {
  if (typeof callback !== 'function') throw optionFault('setTimeout() takes a function, got ' + kindOf(callback) + '.');
  hint(NO_CLOCK);
  const args = [];
  for (let i = 2; i < arguments.length; i++) add(args, arguments[i]);
  add(timers, { __proto__: null, id: ++lastTimer, due: wholeOf(+delay, 0), callback, args });
  say('timer', '"id":' + lastTimer);
  return lastTimer;
});

export const clearTimeout = named('clearTimeout', (id) => {
  for (let i = 0; i < timers.length; i++) if (timers[i].id === id) return void take(i);
});

/** Runs the timer that is due first; the host asks when no job is left. */
export function runTimer() {
  let first = 0;
  for (let i = 1; i < timers.length; i++) if (timers[i].due < timers[first].due) first = i;
  if (timers.length === 0) return;
  const { callback, args } = take(first);
  if (timers.length > 0) say('timer', '"id":' + lastTimer);
  try {
    apply(callback, undefined, args);
  } catch (error) {
    writeLine(['Uncaught in setTimeout(): ' + messageOf(error)]);
  }
}

function take(index) {
  const timer = timers[index];
  for (let i = index + 1; i < timers.length; i++) timers[i - 1] = timers[i];
  timers.length--;
  return timer;
}

const ABSENT = {
  fetch: 'no network. Read the context, ask a model with llm_query(), or call one of tools',
  require: 'no modules. Use what JavaScript has built in, and tools',
  setInterval: 'no clock. Use a loop',
  merge: 'agents whose edits add up by themselves; put patches together in a script and call it with workflow()',
  keep: 'agents whose edits add up by themselves; a script chooses with keep(), and workflow() calls it',
};

/** Names that code from elsewhere may call: each says what there is instead. */
export function makeAbsent() {
  const made = {};
  for (const name in ABSENT) {
    const message = name + '() is not here: a cell has ' + ABSENT[name] + '.';
    made[name] = named(name, () => {
      throw fault('BRAID_SCRIPT_FORBIDDEN', message);
    });
  }
  return made;
}
