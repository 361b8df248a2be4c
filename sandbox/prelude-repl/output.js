/**
 * What a cell prints, kept in the guest: head and tail and the number of all characters, so that a cell which prints 1 GB
 * costs neither memory nor messages, and a restored session goes on printing where it was.
 */
import { named, slice, stringify } from './intrinsics.js';
import { show } from './inspect.js';

const kept = { __proto__: null, head: '', tail: '', chars: 0 };
const most = { __proto__: null, head: 0, tail: 0 };

export function setOutputLimits(head, tail) {
  most.head = head;
  most.tail = tail;
}

export function clearOutput() {
  kept.head = '';
  kept.tail = '';
  kept.chars = 0;
}

/** JSON text of what is kept. Characters between head and tail are only counted. */
export function outputText() {
  const tail = kept.tail.length > most.tail ? slice(kept.tail, kept.tail.length - most.tail) : kept.tail;
  return '{"head":' + stringify(kept.head) + ',"tail":' + stringify(tail) + ',"chars":' + kept.chars + '}';
}

export function write(text) {
  kept.chars += text.length;
  let rest = text;
  if (kept.head.length < most.head) {
    const room = most.head - kept.head.length;
    kept.head += slice(rest, 0, room);
    rest = slice(rest, room);
  }
  if (rest === '') return;
  if (rest.length >= most.tail) kept.tail = slice(rest, rest.length - most.tail);
  else if (kept.tail.length + rest.length > 4 * most.tail) {
    kept.tail = slice(kept.tail, kept.tail.length - most.tail) + rest;
  } else kept.tail += rest;
}

/** One line, values with blanks between them. */
export function writeLine(values) {
  for (let i = 0; i < values.length; i++) write((i === 0 ? '' : ' ') + show(values[i], most.head));
  write('\n');
}

export const print = named('print', function () {
  writeLine(arguments);
});

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'];
const SILENT = ['group', 'groupCollapsed', 'groupEnd', 'time', 'timeEnd', 'timeLog', 'count', 'clear'];

export function makeConsole() {
  const console = {};
  for (let i = 0; i < METHODS.length; i++) {
    console[METHODS[i]] = named(METHODS[i], function () {
      writeLine(arguments);
    });
  }
  console.assert = named('assert', function (holds) {
    if (holds) return;
    arguments[0] = 'Assertion failed:';
    writeLine(arguments);
  });
  for (let i = 0; i < SILENT.length; i++) console[SILENT[i]] = named(SILENT[i], () => undefined);
  return console;
}
