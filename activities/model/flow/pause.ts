/**
 * What follows a refusal. Pure, like width.ts.
 *
 *  P1  Nothing is sent until the pause is over. Then one request asks, and all others wait for its verdict: it was taken, it was
 *      refused, or nothing was heard for longer than a refusal takes.
 *  P2  Refusals of requests that were sent before the one that began the pause change nothing, but that a Retry-After prolongs it.
 *  P3  A Retry-After is believed, but not for ever: one that is too short twice gives way to a pause that doubles. Only a request
 *      that was taken ends the doubling; silence does not.
 */
import { FLOW, MODEL_CALL } from '../../../protocol/limits.ts';
import type { Refusal, Sent } from './pass.ts';

export class Pause {
  /** Refused in a row. */
  refusals = 0;
  #until = 0;
  /** Requests with a smaller number left before the pause. */
  #before = 0;
  /** Nothing was taken since the pause began. */
  #suspect = false;
  #probe: Sent | null = null;
  #verdictMs: number = FLOW.verdictMs;

  /** Who was not refused for so long was taken. */
  get verdictMs(): number {
    return this.#verdictMs;
  }

  get isSuspect(): boolean {
    return this.#suspect;
  }

  /** What forbids to send anything now. */
  block(now: number): { why: 'pause' | 'probe'; ms: number } | null {
    if (now < this.#until) return { why: 'pause', ms: this.#until - now };
    if (this.#probe === null) return null;
    const left = this.#probe.at + this.#verdictMs - now;
    if (left > 0) return { why: 'probe', ms: left };
    this.#trust();
    return null;
  }

  sent(sent: Sent): void {
    if (this.#suspect) this.#probe = sent;
  }

  taken(number: number): void {
    if (number < this.#before) return;
    this.#trust();
    this.refusals = 0;
  }

  /** It ended without a verdict, or with one that is told beside. */
  ended(number: number): void {
    if (this.#probe?.number === number) this.#probe = null;
  }

  /** `next`: number of the request that will be sent next. */
  refused({ number, at }: Sent, next: number, { retryAfterMs, quota }: Refusal, now: number): void {
    this.#verdictMs = Math.min(FLOW.maxVerdictMs, Math.max(this.#verdictMs, 2 * (now - at)));
    const late = number < this.#before;
    if (!late) {
      this.refusals += 1;
      this.#before = next;
      this.#suspect = true;
    }
    if (late && retryAfterMs === null) return;
    this.#until = Math.max(this.#until, now + (quota ? FLOW.quotaPauseMs : this.#pauseMs(retryAfterMs)));
  }

  #trust(): void {
    this.#suspect = false;
    this.#probe = null;
  }

  #pauseMs(retryAfterMs: number | null): number {
    if (retryAfterMs === null) return doubled(this.refusals);
    return Math.min(MODEL_CALL.retryAfterMaxMs, Math.max(retryAfterMs, doubled(this.refusals - 2)));
  }
}

function doubled(times: number): number {
  return times < 1 ? 0 : Math.min(FLOW.maxPauseMs, FLOW.pauseMs * 2 ** (times - 1));
}
