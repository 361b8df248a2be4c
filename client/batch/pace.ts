/** How fast a batch goes, and how long it will take at that pace. Pure: it is told the time. */
import { BATCH } from '../../protocol/limits.ts';

export interface Pace {
  /** Items a second; null until it can be told. */
  rate: number | null;
  /** Ms until all items have ended, at this rate; null when nobody can know. */
  leftMs: number | null;
}

export class PaceMeter {
  private readonly total: number;
  /** Items that had ended at that time, over the last stretch. */
  private readonly samples: { at: number; ended: number }[] = [];

  constructor(total: number) {
    this.total = total;
  }

  tell(at: number, ended: number): Pace {
    this.samples.push({ at, ended });
    // One sample older than the stretch stays, so that the stretch is whole.
    while (this.samples.length > 2 && at - (this.samples[1]?.at ?? at) >= BATCH.rateMs) this.samples.shift();
    const first = this.samples[0];
    if (first === undefined || at <= first.at || ended <= first.ended) return { rate: null, leftMs: null };
    const rate = ((ended - first.ended) * 1000) / (at - first.at);
    return { rate, leftMs: ((this.total - ended) / rate) * 1000 };
  }
}
