import { state } from './bridge.js';
import { NativeString, named, put } from './intrinsics.js';

/** DW-30: output tokens, as every version has them, and the same of calls, USD and wall time in ms. */
export function budgetOf(total, totals) {
  const budget = poolOf(
    () => total,
    () => state.spent,
  );
  put(
    budget,
    'calls',
    frozen(
      () => totals.calls,
      () => state.calls,
    ),
  );
  put(
    budget,
    'usd',
    frozen(
      () => totals.usd,
      () => state.usd,
    ),
  );
  put(
    budget,
    'time',
    frozen(
      () => totals.ms,
      () => state.ms,
    ),
  );
  return Object.freeze(budget);
}

function frozen(totalOf, spentOf) {
  return Object.freeze(poolOf(totalOf, spentOf));
}

/** `{total, spent(), remaining()}`. No total: null, and Infinity remains. While a price is unknown, both functions give null. */
export function poolOf(totalOf, spentOf) {
  return {
    get total() {
      return totalOf();
    },
    spent: reading('spent', spentOf),
    remaining: reading('remaining', () => left(totalOf(), spentOf())),
  };
}

function left(total, spent) {
  if (total === null) return Infinity;
  if (spent === null) return null;
  return total > spent ? total - spent : 0;
}

/** A function that also reads as its number: `budget.calls.spent > 9` means what `budget.calls.spent() > 9` does. */
function reading(name, read) {
  const f = named(name, () => read());
  put(
    f,
    'valueOf',
    named('valueOf', () => read()),
    false,
  );
  put(
    f,
    'toJSON',
    named('toJSON', () => read()),
    false,
  );
  put(
    f,
    'toString',
    named('toString', () => NativeString(read())),
    false,
  );
  return f;
}
