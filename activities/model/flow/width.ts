/**
 * How many requests may be in flight with a provider at once. Pure: times come in, in ms of a clock that never jumps.
 *
 *  V1  Until the provider refused something the width only grows while it is in use: by one for each request that was taken, and
 *      to the double of what is in flight when some time passed without a refusal.
 *  V2  A refusal halves it, once per round trip: refusals of requests that were sent before the cut belong to that cut.
 *  V3  What a refused round trip left in flight is the ceiling. Up to it the width grows by one for each full width of answers;
 *      beyond it only after a while, and a refusal there doubles that while.
 *  V4  A round trip of which nothing was taken, and a request refused alone, say nothing of requests in flight: another budget
 *      was used up, and the ceiling stays.
 */
import { FLOW } from '../../../protocol/limits.ts';

interface Round {
  /** Requests with a smaller number were sent before the cut. */
  before: number;
  /** In flight at the first refusal, itself among them; refused of these. */
  size: number;
  refused: number;
  halved: number;
  ceilingBefore: number;
}

export class Width {
  /** The provider refused something: from now on the width is a finding, not a guess. */
  learned = false;
  inFlight = 0;
  #limit: number = FLOW.firstWidth;
  #ceiling = Number.POSITIVE_INFINITY;
  #holdUntil = 0;
  #holdMs: number = FLOW.holdMs;
  /** The width is above what was refused before. */
  #trying = false;
  #answers = 0;
  #full = false;
  #sent = 0;
  #round: Round | null = null;

  get limit(): number {
    return this.#limit;
  }

  /** Number of the request that will be sent next. */
  get next(): number {
    return this.#sent;
  }

  get isFull(): boolean {
    return this.inFlight >= this.#limit;
  }

  /** Counts one more request in flight; gives its number. */
  send(): number {
    this.inFlight += 1;
    this.#full ||= this.isFull;
    return this.#sent++;
  }

  /** The request is over, however it ended. */
  end(): void {
    this.inFlight -= 1;
  }

  /** The provider took a request: its answer began. */
  took(): void {
    if (!this.learned && this.inFlight * 2 > this.#limit) this.#limit += 1;
  }

  /** Nothing was refused for so long that all was taken. */
  tookAll(): void {
    if (!this.learned) this.#limit = Math.max(this.#limit, this.inFlight * 2);
  }

  /** A request was answered whole. */
  answered(now: number): void {
    if (!this.learned || !this.#full) return;
    const beyond = this.#limit >= this.#ceiling;
    if (beyond && now < this.#holdUntil) return;
    this.#answers += 1;
    if (this.#answers < this.#limit) return;
    this.#answers = 0;
    this.#limit += 1;
    this.#full = false;
    if (!beyond) return;
    // One full width of answers at the last step was enough to believe in it.
    if (this.#trying) this.#holdMs = FLOW.holdMs;
    this.#trying = true;
    this.#ceiling = this.#limit;
  }

  /** Whether the request left before the last cut. */
  isOfLastRound(number: number): boolean {
    return this.#round !== null && number < this.#round.before;
  }

  /** The provider refused a request that is still counted as in flight (V2). */
  refused(number: number, now: number): void {
    const round = this.#round;
    if (round !== null && number < round.before) {
      round.refused += 1;
      this.#settle(round);
      return;
    }
    this.learned = true;
    const size = this.inFlight;
    if (size <= 1) return;
    if (this.#trying) this.#holdMs = Math.min(this.#holdMs * 2, FLOW.maxHoldMs);
    this.#trying = false;
    this.#holdUntil = now + this.#holdMs;
    this.#answers = 0;
    this.#full = false;
    const halved = Math.max(1, Math.floor(Math.min(this.#limit, size) / 2));
    this.#limit = halved;
    this.#round = { before: this.#sent, size, refused: 1, halved, ceilingBefore: this.#ceiling };
    this.#settle(this.#round);
  }

  #settle({ size, refused, halved, ceilingBefore }: Round): void {
    const taken = size - refused;
    this.#ceiling = taken > 0 ? taken : ceilingBefore;
    this.#limit = taken > 0 ? Math.min(this.#limit, taken) : Math.max(this.#limit, halved);
  }
}
