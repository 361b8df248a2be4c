/**
 * One budget of a provider (requests or tokens a minute), as its response headers tell it. Pure, like width.ts.
 *
 *  U1  Nothing told, or nothing that makes sense: nothing waits.
 *  U2  What is left is what the last header said, less what was sent and not answered yet. Out of order, the lowest counts.
 *  U3  At the reset it is full. Before that it grows only if its headers showed that it refills steadily: the same period for
 *      amounts that differ.
 *  U4  A header is believed for `beliefMs` at most: then one request goes and asks. A budget that was full and is empty after one
 *      request lies, and is not asked again.
 */
import { FLOW } from '../../../protocol/limits.ts';

export interface Reading {
  limit: number | null;
  remaining: number;
  /** Until it is full again. */
  resetMs: number;
}

export class Budget {
  #limit: number | null = null;
  #known = false;
  /** Left at `#at`. */
  #left = 0;
  #at = 0;
  #fullAt = 0;
  #asksAt = 0;
  /** One request may go, whatever is left (U4). */
  #asks = false;
  /** The reset has passed, and nothing was told since. */
  #filled = false;
  #unanswered = 0;
  #sentSinceFull = 0;
  #lies = 0;
  readonly #refill = new Refill();

  get limit(): number | null {
    return this.#limit;
  }

  /** Ms until `need` may be sent, as far as headers tell; 0: now. */
  waitFor(need: number, now: number): number {
    this.#pass(now);
    if (!this.#known || this.#asks) return 0;
    const perMs = this.#refill.perMs(this.#limit);
    const wanted = Math.min(need, this.#limit ?? need);
    const left = this.#leftAt(now, perMs);
    const missing = wanted - (left - this.#unanswered);
    if (missing <= 0) return 0;
    // What is underway takes it, perhaps: the next headers will tell.
    if (wanted <= left) return FLOW.verdictMs;
    const told = Math.min(this.#fullAt, this.#asksAt) - now;
    return Math.max(1, Math.ceil(perMs === 0 ? told : Math.min(told, missing / perMs)));
  }

  /** Counts a request that leaves. */
  send(need: number): void {
    this.#unanswered += need;
    this.#sentSinceFull += 1;
    this.#asks = false;
  }

  /** The request was answered, or is lost; what it cost is in the next reading. */
  answered(need: number): void {
    this.#unanswered -= need;
  }

  learn({ limit, remaining, resetMs }: Reading, now: number): void {
    if (this.#lies >= FLOW.lies) return;
    this.#pass(now);
    if (this.#filled && this.#sentSinceFull <= 1 && remaining <= 0 && (limit ?? 0) > 1) this.#lies += 1;
    this.#refill.sample(limit, remaining, resetMs);
    const fresh = !this.#known || this.#filled || this.#refill.perMs(limit) > 0;
    this.#left = fresh ? remaining : Math.min(this.#left, remaining);
    this.#known = this.#lies < FLOW.lies;
    this.#filled = false;
    this.#limit = limit;
    this.#at = now;
    this.#fullAt = now + resetMs;
    this.#asksAt = now + FLOW.beliefMs;
  }

  #leftAt(now: number, perMs: number): number {
    const left = this.#left + (now - this.#at) * perMs;
    return this.#limit === null ? left : Math.min(this.#limit, left);
  }

  /** What time alone changes. */
  #pass(now: number): void {
    if (!this.#known || this.#filled) return;
    if (now >= this.#fullAt) {
      this.#known = this.#limit !== null;
      this.#left = this.#limit ?? 0;
      this.#at = now;
      this.#filled = true;
      this.#sentSinceFull = 0;
    } else if (now >= this.#asksAt) {
      this.#asks = true;
      this.#asksAt = now + FLOW.beliefMs;
    }
  }
}

/** Whether a budget refills steadily, and how fast: then what is used of it and the time until it is full grow alike. */
class Refill {
  #periodMs = 0;
  #used = 0;
  #samples = 0;

  perMs(limit: number | null): number {
    return limit !== null && this.#samples >= FLOW.steadySamples ? limit / this.#periodMs : 0;
  }

  sample(limit: number | null, remaining: number, resetMs: number): void {
    const used = (limit ?? 0) - remaining;
    if (limit === null || used <= 0 || resetMs <= 0) return;
    const periodMs = (resetMs * limit) / used;
    const apart = Math.max(used / this.#used, this.#used / used);
    if (Math.abs(periodMs - this.#periodMs) > this.#periodMs * FLOW.steadyWithin) {
      this.#periodMs = periodMs;
      this.#samples = 0;
    } else if (apart < FLOW.steadyApart) {
      // The same figures again prove nothing: those of a fixed window differ little from one request to the next, too.
      return;
    }
    this.#used = used;
    this.#samples += 1;
  }
}
