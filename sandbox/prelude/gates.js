import { optionsText } from './agents.js';
import { call } from './bridge.js';
import { kindOf, optionFault } from './errors.js';
import { NativeError, named, plain, stringify } from './intrinsics.js';
import { textOf } from './json.js';

/** DW-51: waits for a person's answer, however long that takes. `opts`: `schema`, `timeout`, `default`. */
export const ask = named('ask', async (question, opts) => {
  const text = nonEmpty(question, 'ask() takes its question');
  return await call('ask', text + ',' + optionsOf('ask', opts), new NativeError(''));
});

/** DW-51: true or false. `details` is what the person decides about: a text or any JSON value. */
export const approve = named('approve', async (what, details, opts) => {
  const text = nonEmpty(what, 'approve() takes what is to be approved');
  const shown = details === undefined ? 'null' : textOf(details, 'details');
  return await call('approve', text + ',' + shown + ',' + optionsOf('approve', opts), new NativeError(''));
});

function nonEmpty(given, what) {
  const value = plain(given);
  if (typeof value === 'string' && value !== '') return stringify(value);
  throw optionFault(what + ' as a string, got ' + (value === '' ? 'an empty one' : kindOf(value)) + '.');
}

function optionsOf(hook, opts) {
  return opts === undefined || opts === null ? 'null' : optionsText(hook, opts);
}
