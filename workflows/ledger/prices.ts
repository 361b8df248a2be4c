/**
 * Prices of models, as far as a run knows them. They are asked of a worker, once for each model, and only where USD is capped: what
 * a price list says may change between two workers, and what history says may not.
 */
import { ERRORS } from '../../protocol/error-table.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { ModelPrice, PriceTable } from '../../protocol/prices.ts';

/** Braid's own models cost nothing. */
const OFFLINE = /^offline\//;
const FREE: ModelPrice = { inputPerMTok: 0, outputPerMTok: 0 };

export class PriceBook {
  private readonly table: PriceTable;
  private readonly asked = new Map<string, Promise<PriceTable>>();
  private readonly ask: (models: string[]) => Promise<PriceTable>;

  /** `known` comes from the node above. */
  constructor(known: PriceTable, ask: (models: string[]) => Promise<PriceTable>) {
    this.table = { ...known };
    this.ask = ask;
  }

  /** All that is known, to hand down. */
  get known(): PriceTable {
    return { ...this.table };
  }

  /** Asks for what is not known of these, in one question. */
  async learn(models: readonly string[]): Promise<void> {
    const missing = [...new Set(models)].filter((model) => !OFFLINE.test(model) && !Object.hasOwn(this.table, model));
    const open = missing.filter((model) => !this.asked.has(model));
    if (open.length > 0) {
      const answer = this.ask(open);
      for (const model of open) this.asked.set(model, answer);
    }
    for (const model of missing) {
      try {
        this.table[model] = (await this.asked.get(model))?.[model] ?? null;
      } finally {
        this.asked.delete(model);
      }
    }
  }

  /** The price, now or when it is known. Throws BRAID_PRICE_UNKNOWN. */
  of(model: string): ModelPrice | Promise<ModelPrice> {
    if (OFFLINE.test(model)) return FREE;
    if (Object.hasOwn(this.table, model)) return priced(model, this.table[model]);
    return this.learn([model]).then(() => priced(model, this.table[model]));
  }
}

function priced(model: string, price: ModelPrice | null | undefined): ModelPrice {
  if (price !== null && price !== undefined) return price;
  const message = `A limit in USD holds, and no price of the model ${model} is known, so the call was not sent.`;
  throw new BraidError('BRAID_PRICE_UNKNOWN', message, { fix: ERRORS.BRAID_PRICE_UNKNOWN.fix });
}
