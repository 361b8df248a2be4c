import { poolOf } from '../prelude/budget.js';
import { define, named, put } from './intrinsics.js';
import { turn } from './turn.js';

/** What the node may still spend, as the host said at the beginning of the turn. Also callable: then all of it as one object. */
export function makeBudget() {
  const spent = named('spent', () => turn.state.spent);
  const remaining = named('remaining', () => left(turn.state.total, turn.state.spent));
  const iterationsLeft = named('iterationsLeft', () => turn.state.iterationsLeft);
  const callsLeft = named('callsLeft', () => turn.state.callsLeft ?? Infinity);
  const budget = named('budget', () => ({
    total: turn.state.total,
    spent: spent(),
    remaining: remaining(),
    iterationsLeft: iterationsLeft(),
    callsLeft: callsLeft(),
  }));
  define(budget, 'total', { __proto__: null, enumerable: true, configurable: true, get: () => turn.state.total });
  put(budget, 'spent', spent);
  put(budget, 'remaining', remaining);
  put(budget, 'iterationsLeft', iterationsLeft);
  put(budget, 'callsLeft', callsLeft);
  const calls = pool('calls');
  calls.remaining = callsLeft;
  put(budget, 'calls', calls);
  put(budget, 'usd', pool('usd'));
  put(budget, 'time', pool('ms'));
  return budget;
}

function pool(key) {
  return poolOf(
    () => turn.state.totals?.[key] ?? null,
    () => turn.state[key] ?? null,
  );
}

function left(total, spent) {
  return total === null ? Infinity : total > spent ? total - spent : 0;
}
