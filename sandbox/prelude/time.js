import { parseDuration } from '../../protocol/duration.ts';
import { call, drop, request, say, state } from './bridge.js';
import { errorText, fault, kindOf, optionFault } from './errors.js';
import { NativeDate, NativeError, NativeNumber, apply, construct, isFiniteNumber, named, put } from './intrinsics.js';

/** DW-07: the run's time in ms, the same on every replay. */
export const now = named('now', () => state.now);

/** DW-08: a durable pause. A number is milliseconds. */
export const sleep = named('sleep', async (time) => {
  const ms = typeof time === 'string' ? parseDuration(time) : time;
  if (typeof ms !== 'number' || !isFiniteNumber(ms) || ms < 0) {
    const got = typeof time === 'string' || typeof time === 'number' ? '"' + time + '"' : kindOf(time);
    throw optionFault('sleep() takes milliseconds or a text such as "5m" or "1h30m", got ' + got + '.');
  }
  await call('sleep', '' + ms, new NativeError(''));
});

export const setTimeout = named('setTimeout', function (callback, delay) {
  if (typeof callback !== 'function') throw optionFault('setTimeout() takes a function, got ' + kindOf(callback) + '.');
  const ms = NativeNumber(delay);
  const args = [];
  for (let i = 2; i < arguments.length; i++) put(args, i - 2, arguments[i]);
  return request('sleep', '' + (isFiniteNumber(ms) && ms > 0 ? ms : 0), (settlement) => {
    try {
      if (settlement.ok) apply(callback, undefined, args);
    } catch (error) {
      // Nobody can catch it, so it ends the script, as in every other runtime.
      say('fail', '"error":' + errorText(error));
    }
  });
});

export const clearTimeout = named('clearTimeout', (timer) => {
  if (typeof timer === 'number') drop(timer);
});

/** DW-07: dates of given times work; the present is refused. */
export function guardDate() {
  function Guarded() {
    if (new.target === undefined) throw nondeterministic('Date()', 'new Date(now())');
    if (arguments.length === 0) throw nondeterministic('new Date()', 'new Date(now())');
    return construct(NativeDate, arguments, new.target);
  }
  const { prototype } = NativeDate;
  Object.defineProperty(Guarded, 'prototype', { __proto__: null, value: prototype, writable: false });
  Object.defineProperty(Guarded, 'length', { __proto__: null, value: 7, configurable: true });
  put(Guarded, 'parse', NativeDate.parse, false);
  put(Guarded, 'UTC', NativeDate.UTC, false);
  put(Guarded, 'now', refused('now', 'Date.now()', 'now()'), false);
  put(prototype, 'constructor', Guarded, false);
  return named('Date', Guarded);
}

export function refused(name, what, instead) {
  return named(name, () => {
    throw nondeterministic(what, instead);
  });
}

function nondeterministic(what, instead) {
  return fault(
    'BRAID_SCRIPT_NONDETERMINISTIC',
    what + ' differs each time a run is replayed. Use ' + instead + ': the same on every replay.',
  );
}
