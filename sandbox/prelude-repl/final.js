/**
 * Finalisers (RL-05). The value is written at the call, so that what cannot be written is an error of the cell, with its line.
 * Whether it counts is decided when the cell has ended.
 */
import { fault, optionFault } from '../prelude/errors.js';
import { spanOf } from './context.js';
import { hint } from './hints.js';
import { charCodeAt, globals, hasOwn, isError, named, put, stringify, trimText } from './intrinsics.js';
import { plainText } from './plain.js';
import { userNames } from './variables.js';

const said = { __proto__: null, text: null, times: 0 };

export const FINAL = named('FINAL', function (value) {
  if (arguments.length === 0 || value === undefined) {
    throw optionFault(
      'FINAL() takes the answer, got ' +
        (arguments.length === 0 ? 'nothing' : 'undefined') +
        '. Has its variable a value?',
    );
  }
  say(value, 'FINAL');
});

export const SUBMIT = named('SUBMIT', function (value) {
  if (value === undefined) throw optionFault('SUBMIT() takes the answer, got undefined.');
  say(value, 'SUBMIT');
});

/** By name, or by value as code in the Python style calls it. */
export const FINAL_VAR = named('FINAL_VAR', function (nameOrValue) {
  if (nameOrValue === undefined) throw optionFault('FINAL_VAR() takes the name of a variable, got undefined.');
  if (typeof nameOrValue !== 'string') return say(nameOrValue, 'FINAL_VAR');
  const name = trimText(nameOrValue);
  if (!hasOwn(globals, name)) {
    // FINAL_VAR(summary), where summary holds a sentence: code in the Python style passes the value.
    if (!isWord(name)) return say(nameOrValue, 'FINAL_VAR');
    throw unknown(name);
  }
  const value = globals[name];
  if (value === undefined) throw optionFault('FINAL_VAR(): the variable ' + name + ' is undefined.');
  say(value, 'FINAL_VAR');
});

/** Whether a text could be meant as a name: one word of letters, digits, `_` and `$`. */
function isWord(text) {
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    const letter =
      (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code === 36 || code > 127;
    if (!letter && !(i > 0 && code >= 48 && code <= 57)) return false;
  }
  return text.length > 0;
}

export function clearFinal() {
  said.text = null;
  said.times = 0;
}

/**
 * JSON text of what counts at the end of a cell: the last finaliser, else `answer` when it is ready, else `null`. `counts`:
 * the cell has run to its end without an error. Throws what writing `answer.content` throws.
 */
export function finalText(counts) {
  const ready = takeAnswer();
  if (!counts) {
    if (said.text !== null || ready !== null) {
      hint('The cell did not run to its end, so its final answer does not count. Give it again when it has.');
    }
    return 'null';
  }
  if (said.times > 1) hint('A final answer was given ' + said.times + ' times in this cell; the last one counts.');
  if (said.text !== null) return said.text;
  if (ready === null) return 'null';
  if (ready.content === undefined) {
    hint('answer.ready is set, but answer.content is undefined, so it does not count.');
    return 'null';
  }
  return written(ready.content, 'answer.content');
}

function say(value, what) {
  said.text = written(value, what);
  said.times++;
}

function written(value, what) {
  const span = spanOf(value);
  if (span !== null) return '{"span":[' + span[0] + ',' + span[1] + ',' + span[2] + ']}';
  try {
    return '{"value":' + plainText(value, what) + '}';
  } catch (error) {
    // Its own stack may be full of the walk into a deep value: this one begins at the cell.
    throw isError(error) && error.code === 'BRAID_SCRIPT_VALUE' ? fault(error.code, error.message) : error;
  }
}

/** The global `answer` when it says that it is ready. It counts once. */
function takeAnswer() {
  try {
    const { answer } = globals;
    if (typeof answer !== 'object' || answer === null || !answer.ready) return null;
    const { content } = answer;
    put(answer, 'ready', false);
    return { content };
  } catch {
    // An object of the cell's own making that is no finaliser.
    return null;
  }
}

function unknown(name) {
  const names = userNames();
  let list = '';
  for (let i = 0; i < names.length && i < 20; i++) list += (i === 0 ? '' : ', ') + names[i];
  const known = list === '' ? 'There are no variables yet.' : 'There are: ' + list + '.';
  const shown = name.length > 60 ? 'of that name' : stringify(name);
  return fault(
    'BRAID_OPTION',
    'FINAL_VAR() names no variable ' + shown + '. ' + known + ' Use FINAL(value) for a value.',
  );
}
