/** What models cost at most by their list price, from the table that came with the package: nothing is fetched. */
import { calcPrice, type ModelPrice as ListPrice, type PriceCalculation } from '@pydantic/genai-prices';
import type { ModelPrice } from '../protocol/prices.ts';

/** Names of providers in the price table where they differ from the AI SDK's. */
export const PRICE_PROVIDERS: Record<string, string> = {
  'openai-chat': 'openai',
  'amazon-bedrock': 'aws',
  togetherai: 'together',
  xai: 'x-ai',
};

/** Of `provider/model`; null when the list has no price for it, or one that bounds nothing. */
export function highestPrice(name: string): ModelPrice | null {
  const [provider = '', ...rest] = name.split('/');
  if (provider === 'offline') return { inputPerMTok: 0, outputPerMTok: 0 };
  const lists = listsOf(PRICE_PROVIDERS[provider] ?? provider, rest.join('/'));
  // Writing to a provider's cache may cost more than plain input; reading from it never does, but lists are written by people.
  const input = rates(lists, ['input_mtok', 'cache_write_mtok', 'cache_read_mtok']);
  const output = rates(lists, ['output_mtok']);
  if (input.length === 0 || output.length === 0) return null;
  return { inputPerMTok: Math.max(...input), outputPerMTok: Math.max(...output) };
}

/** All lists of a model: what holds at other times of day, or soon, may hold when the request is sent. */
function listsOf(providerId: string, modelId: string): ListPrice[] {
  const found = lookUp(providerId, modelId);
  if (found === null) return [];
  const { prices } = found.model;
  return [found.model_price, ...(Array.isArray(prices) ? prices.map((list) => list.prices) : [prices])];
}

function lookUp(providerId: string, modelId: string): PriceCalculation | null {
  try {
    return calcPrice({ input_tokens: 1, output_tokens: 1 }, modelId, { providerId });
  } catch {
    return null; // a provider that the list does not know
  }
}

function rates(lists: ListPrice[], names: string[]): number[] {
  return lists.flatMap((list) => names.flatMap((name) => ratesOf(list[name])));
}

function ratesOf(rate: ListPrice[string]): number[] {
  if (rate === undefined) return [];
  return typeof rate === 'number' ? [rate] : [rate.base, ...rate.tiers.map(({ price }) => price)];
}
