/** What one model request may cost at most, known before it is sent: what the ledger reserves for it (ledger.ts, L1). */
import { inputTokenBound } from '../../protocol/request-bound.ts';
import type { ModelRequest } from '../../protocol/model-call.ts';
import type { ModelPrice } from '../../protocol/prices.ts';
import type { Amounts, Kind, Want } from './amounts.ts';

/** What a conversation must know to bound its requests: which kinds are capped, and prices where USD is. */
export interface Bounds {
  readonly kinds: readonly Kind[];
  /** Throws BRAID_PRICE_UNKNOWN. */
  price(model: string): ModelPrice | Promise<ModelPrice>;
}

export interface Bound {
  want: Want;
  /** Output tokens that a grant pays for: less than were wanted, where little is left. */
  outputTokens(grant: Amounts): number;
}

/** A dollar for a million tokens is so many nano-dollars for one. */
const NANO_PER_TOKEN = 1_000;

/** Kinds that nothing caps are not worked out. `price` is null where USD is not capped. */
export function boundOf(request: ModelRequest, kinds: readonly Kind[], price: ModelPrice | null): Bound {
  const { tries: requests, maxOutputTokens: outputTokens } = request;
  const inputTokens = price !== null || kinds.includes('inputTokens') ? inputTokenBound(request) : 0;
  const inputUsd = (price?.inputPerMTok ?? 0) * NANO_PER_TOKEN * inputTokens;
  const tokenUsd = (price?.outputPerMTok ?? 0) * NANO_PER_TOKEN;
  const usd = (tokens: number) => Math.ceil(inputUsd + tokenUsd * tokens);
  return {
    want: {
      ...{ requests, inputTokens, outputTokens, usd: usd(outputTokens) },
      least: { requests: 1, inputTokens, outputTokens: 1, usd: usd(1) },
    },
    outputTokens: (grant) => {
      if (tokenUsd === 0 || grant.usd >= usd(grant.outputTokens)) return grant.outputTokens;
      return Math.max(1, Math.min(grant.outputTokens, Math.floor((grant.usd - inputUsd) / tokenUsd)));
    },
  };
}
