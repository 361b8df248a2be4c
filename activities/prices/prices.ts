/** The `prices` activity: what models cost at most, from the list that came with the package. */
import type { BraidActivities } from '../../protocol/activities.ts';
import { highestPrice } from '../../store/list-prices.ts';

export function createPrices(): BraidActivities['prices'] {
  return (_tag, { models }) => Promise.resolve(Object.fromEntries(models.map((model) => [model, highestPrice(model)])));
}
