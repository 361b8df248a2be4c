/** The highest rates that a model's list price has, in USD for a million tokens: of tiers, of times of day, of writing to a cache. */
export interface ModelPrice {
  inputPerMTok: number;
  outputPerMTok: number;
}

/** By `provider/model`; null: no list has a price for it. */
export interface PriceTable {
  [model: string]: ModelPrice | null;
}
