/** Books beside plain sums, and requests, for trees of ledgers. */
import { nanoOf, NOTHING, type Amounts, type Kind } from '../../../workflows/ledger/amounts.ts';
import type { Ledger } from '../../../workflows/ledger/ledger.ts';
import type { ModelRequest } from '../../../protocol/model-call.ts';

/** Books, and what a plain sum says of them. */
export interface Recorded {
  name: string;
  ledger: Ledger;
  used: Amounts;
  calls: number;
  replayed: number;
}

export const recorded = (name: string, ledger: Ledger): Recorded => ({
  name,
  ledger,
  used: NOTHING,
  calls: 0,
  replayed: 0,
});

/** What a ledger allows of a kind, in its own unit. */
export function limitIn(ledger: Ledger, kind: Kind): number {
  const name = {
    requests: 'maxRequests',
    inputTokens: 'maxInputTokens',
    outputTokens: 'maxOutputTokens',
    usd: 'maxUsd',
  } as const;
  const limit = ledger.limitOf(name[kind]);
  return limit === null ? Infinity : kind === 'usd' ? nanoOf(limit) : limit;
}

/** As a tree tells its children (workflows/tree/tree.ts, lent). */
export function leased(kinds: readonly Kind[]): readonly Kind[] {
  return [...new Set<Kind>(['requests', 'outputTokens', ...kinds])];
}

export function requestOf(chars: number, maxOutputTokens: number, tries: number): ModelRequest {
  return {
    ...{ model: 'a/b', system: null, tools: [], schema: null, effort: null, temperature: null, stallMs: 1 },
    messages: [{ role: 'user', text: 'x'.repeat(chars) }],
    ...{ maxOutputTokens, tries },
  };
}
