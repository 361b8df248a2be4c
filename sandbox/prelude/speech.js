import { say, state } from './bridge.js';
import { messageOf, optionFault } from './errors.js';
import { NativeString, named, plain, stringify } from './intrinsics.js';
import { textOf } from './json.js';

/** DW-24: the group of the calls that follow. `opts.budget` bounds them all together. */
export const phase = named('phase', (title, opts) => {
  if (title === undefined || title === null || title === '')
    throw optionFault("phase() takes a title: phase('Review').");
  const limits = typeof opts === 'object' && opts !== null ? opts.budget : undefined;
  const budget = limits === undefined || limits === null ? '' : ',"budget":' + textOf(limits, 'budget');
  state.phase = show(title);
  say('phase', '"title":' + stringify(state.phase) + budget);
});

export const log = named('log', function () {
  line('log', arguments);
});

const METHODS = {
  __proto__: null,
  log: 'log',
  info: 'info',
  warn: 'warn',
  error: 'error',
  debug: 'debug',
  trace: 'debug',
  dir: 'log',
  table: 'log',
};
const SILENT = ['group', 'groupCollapsed', 'groupEnd', 'time', 'timeEnd', 'timeLog', 'count', 'clear'];

/** DW-08: writes to the run's log. Methods that only lay output out are there and do nothing. */
export function makeConsole() {
  const console = {};
  for (const method in METHODS) {
    console[method] = named(method, function () {
      line(METHODS[method], arguments);
    });
  }
  console.assert = named('assert', function (holds) {
    if (holds) return;
    arguments[0] = 'Assertion failed:';
    line('error', arguments);
  });
  for (let i = 0; i < SILENT.length; i++) console[SILENT[i]] = named(SILENT[i], () => undefined);
  return console;
}

function line(level, values) {
  let text = '';
  for (let i = 0; i < values.length; i++) text += (i === 0 ? '' : ' ') + show(values[i]);
  say('log', '"level":"' + level + '","text":' + stringify(text));
}

/** A value as text: strings as they are, the rest as JSON where JSON can say it. */
function show(given) {
  const value = plain(given);
  if (typeof value === 'string') return value;
  if (typeof value === 'function') return '[function ' + messageOf(value.name) + ']';
  if (typeof value === 'symbol' || typeof value === 'bigint' || typeof value !== 'object' || value === null)
    return NativeString(value);
  try {
    if (value instanceof Error) return NativeString(value.name) + ': ' + messageOf(value);
    if (value instanceof Map || value instanceof Set)
      return value.constructor.name + '(' + value.size + ') ' + stringify(Array.from(value));
    return stringify(value) ?? NativeString(value);
  } catch {
    return '[an object that cannot be shown]';
  }
}
