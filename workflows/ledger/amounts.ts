/**
 * What budgets count, as one vector. Money is whole nano-dollars (the price of a token is a few of them), so that sums are exact
 * whatever the order in which they are made; a number holds them up to nine million dollars.
 */
import type { Spend } from '../../protocol/outcome.ts';
import type { BudgetKind } from '../../protocol/run-input.ts';

export type Kind = BudgetKind;

/** In the order in which a lack of them is told. */
export const KINDS = ['requests', 'inputTokens', 'outputTokens', 'usd'] as const satisfies readonly Kind[];

export type Amounts = { [kind in Kind]: number };

/** Amounts in a message: an older build's know neither of the optional kinds. */
export type WireAmounts = Pick<Amounts, 'requests' | 'outputTokens'> & Partial<Amounts>;

/** What one request wants, and the least of each kind with which it can be sent. */
export interface Want extends Amounts {
  least: Amounts;
}

/** What was used. */
export interface Used {
  requests: number;
  spend: Spend;
  /** Nano-dollars that budgets charge where `spend.usd` is null: what was reserved, as nobody knows better. */
  nanoUsd?: number;
}

export const NOTHING: Amounts = { requests: 0, inputTokens: 0, outputTokens: 0, usd: 0 };

const NANO = 1e9;

export function nanoOf(usd: number): number {
  return Math.round(usd * NANO);
}

export function usdOf(nano: number): number {
  return nano / NANO;
}

export function mapKinds(amount: (kind: Kind) => number): Amounts {
  return {
    requests: amount('requests'),
    inputTokens: amount('inputTokens'),
    outputTokens: amount('outputTokens'),
    usd: amount('usd'),
  };
}

export function plus(a: Amounts, b: Amounts): Amounts {
  return mapKinds((kind) => a[kind] + b[kind]);
}

/** Never below nothing: more may be used than was reserved (ledger.ts, L4). */
export function minus(a: Amounts, b: Amounts): Amounts {
  return mapKinds((kind) => Math.max(0, a[kind] - b[kind]));
}

export function least(a: Amounts, b: Amounts): Amounts {
  return mapKinds((kind) => Math.min(a[kind], b[kind]));
}

export function times(a: Amounts, factor: number): Amounts {
  return mapKinds((kind) => a[kind] * factor);
}

export function covers(a: Amounts, b: Amounts): boolean {
  return KINDS.every((kind) => a[kind] >= b[kind]);
}

export function isNothing(a: Amounts): boolean {
  return KINDS.every((kind) => a[kind] === 0);
}

/** Only the given kinds; of the others nothing. */
export function only(kinds: readonly Kind[], a: Amounts): Amounts {
  return mapKinds((kind) => (kinds.includes(kind) ? a[kind] : 0));
}

/** As it came in a message: what is missing there is nothing. */
export function readAmounts(wire: WireAmounts): Amounts {
  return mapKinds((kind) => wire[kind] ?? 0);
}

/** The least is one of each kind where a message does not say it: an older build's requests could be cut down to that. */
export function readWant(wire: WireAmounts & { least?: WireAmounts }): Want {
  const amounts = readAmounts(wire);
  const one = { requests: 1, inputTokens: amounts.inputTokens, outputTokens: 1, usd: amounts.usd };
  return { ...amounts, least: wire.least === undefined ? one : readAmounts(wire.least) };
}

/** What budgets are charged. */
export function chargeOf({ requests, spend, nanoUsd }: Used): Amounts {
  const { inputTokens, outputTokens, usd } = spend;
  return { requests, inputTokens, outputTokens, usd: nanoUsd ?? nanoOf(usd ?? 0) };
}

/** The sum of two uses; what each is charged survives where one has an unknown price. */
export function addUsed(a: Used, b: Used): Used {
  const [left, right] = [chargeOf(a), chargeOf(b)];
  const sum = plus(left, right);
  const known = a.spend.usd !== null && b.spend.usd !== null;
  const spend = { inputTokens: sum.inputTokens, outputTokens: sum.outputTokens, usd: known ? usdOf(sum.usd) : null };
  const { requests } = sum;
  return known || sum.usd === 0 ? { requests, spend } : { requests, spend, nanoUsd: sum.usd };
}
