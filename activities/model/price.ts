import { calcPrice } from '@pydantic/genai-prices';
import type { Spend } from '../../protocol/outcome.ts';
import { PRICE_PROVIDERS } from '../../store/list-prices.ts';

export interface TokenCounts {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

/**
 * Tokens with their list price in USD, from the table that came with the package: nothing is fetched. A model that the
 * provider's list does not hold has no price (null). Braid's own models cost nothing.
 */
export function spendOf(provider: string, modelId: string, counts: TokenCounts): Spend {
  const { inputTokens, outputTokens } = counts;
  return { inputTokens, outputTokens, usd: provider === 'offline' ? 0 : priceOf(provider, modelId, counts) };
}

function priceOf(provider: string, modelId: string, counts: TokenCounts): number | null {
  try {
    const price = calcPrice(
      {
        input_tokens: counts.inputTokens,
        output_tokens: counts.outputTokens,
        cache_read_tokens: counts.cacheReadTokens,
        cache_write_tokens: counts.cacheWriteTokens,
      },
      modelId,
      { providerId: PRICE_PROVIDERS[provider] ?? provider },
    );
    return price === null ? null : price.total_price;
  } catch {
    return null; // counts that contradict each other, or a provider the table does not know
  }
}
