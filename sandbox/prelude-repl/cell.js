/**
 * One cell after another.
 *
 *  C1  A cell has ended when its main function is done and no call is open; the host knows the second. Its last value is shown
 *      then, after all that it printed.
 *  C2  A cell that was given up is over: what its promises still do is no end of it.
 */
import { drop, receive, say, state } from '../prelude/bridge.js';
import { errorText } from '../prelude/errors.js';
import { gate } from './calls.js';
import { runTimer } from './clock.js';
import { clearFinal, finalText } from './final.js';
import { open } from './flow.js';
import { clearHints, hintsText } from './hints.js';
import { parseJson, slice } from './intrinsics.js';
import { clearOutput, outputText, writeLine } from './output.js';
import { turn } from './turn.js';
import { declare, variablesText } from './variables.js';

/** `run` counts cells and abandonments; `error` is the JSON text of what the cell threw. */
const cell = { __proto__: null, run: 0, error: null, value: undefined };

/** The one entry: a function is a cell's main, a text a settlement or (behind `!`) a command, anything else an error. */
export function enter(input) {
  if (typeof input === 'function') run(input);
  else if (typeof input !== 'string') fail(input);
  else if (input[0] === '!') command(parseJson(slice(input, 1)));
  else receive(input);
}

function command(input) {
  if (input.do === 'state') {
    turn.state = input.state;
    state.now = input.state.now;
    state.spent = input.state.spent;
  } else if (input.do === 'timer') runTimer();
  else if (input.do === 'begin') begin(input.names);
  else if (input.do === 'abandon') abandon(input.ids);
  else report(input.ended, input.counts);
}

function begin(names) {
  cell.run++;
  cell.error = null;
  cell.value = undefined;
  open.pipelines = 0;
  gate.open = true;
  clearOutput();
  clearHints();
  clearFinal();
  declare(names);
}

async function run(main) {
  const mine = cell.run;
  try {
    const value = await main();
    if (cell.run !== mine) return;
    cell.value = value;
    say('main', '"ok":true');
  } catch (error) {
    if (cell.run === mine) fail(error);
  }
}

function fail(error) {
  cell.error = errorText(error);
  say('main', '"ok":false');
}

function abandon(ids) {
  cell.run++;
  open.pipelines = 0;
  for (let i = 0; i < ids.length; i++) drop(ids[i]);
}

/** `ended`: the cell is over, so its value, its final (if it `counts`) and the variables are told too. */
function report(ended, counts) {
  let final = 'null';
  let variables = '[]';
  if (ended) {
    gate.open = false;
    if (cell.error === null && cell.value !== undefined) writeLine([cell.value]);
    cell.value = undefined;
    final = closing(counts);
    variables = variablesText();
  }
  const { error } = cell;
  say(
    'report',
    '"eager":' +
      (open.pipelines > 0) +
      ',"output":' +
      outputText() +
      ',"error":' +
      error +
      ',"final":' +
      final +
      ',"hints":' +
      hintsText() +
      ',"variables":' +
      variables,
  );
}

function closing(counts) {
  try {
    return finalText(counts && cell.error === null);
  } catch (error) {
    cell.error = errorText(error);
    return 'null';
  }
}
