/**
 * Every request to one provider, key and model passes here before it is sent, whichever run of this worker asks.
 *
 *  G1  Nothing learned, nothing waits: a request passes without a promise and without a timer.
 *  G2  A refusal stops all for a while (pause.ts) and narrows what may be in flight (width.ts), each once per round trip.
 *  G3  Headers that say when a budget is used up are believed (budget.ts): what they forbid is not sent.
 *  G4  Who must wait longer than `waitMs` is told so at once, and sends nothing: its workflow waits, by a durable timer.
 *  G5  Runs are served in turn (fair-queue.ts).
 *  G6  A pass is given back exactly once; a request that was given up while it waited takes none.
 */
import { FLOW } from '../../../protocol/limits.ts';
import { Budget } from './budget.ts';
import { FairQueue } from './fair-queue.ts';
import type { Beginning, Clock, End, Entry, Hold, Need, Pass, Refusal, Sent } from './pass.ts';
import { Pause } from './pause.ts';
import { BUDGETS, readBudgets, type BudgetName } from './rate-headers.ts';
import { Width } from './width.ts';

interface Waiter {
  entry: Entry;
  settle(leave: Pass | Hold): void;
}

/** Why the next request may not go; `ms` null: until another one tells something. */
interface Block {
  why: 'pause' | 'probe' | 'width' | 'gap' | BudgetName;
  ms: number | null;
}

const MANY = 'as many requests are in flight as the provider takes';
const nothing = (): void => undefined;

export class Governor {
  readonly #clock: Clock;
  readonly #pause = new Pause();
  readonly #width = new Width();
  readonly #budgets = new Map<BudgetName, Budget>();
  readonly #queue = new FairQueue<Waiter>();
  #stopTimer: (() => void) | null = null;
  #lastSentAt = 0;
  #meanMs = 0;
  #message = '';
  /** It refused something, once. */
  #isWarned = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Nobody uses it now. */
  get isIdle(): boolean {
    return this.#width.inFlight === 0 && this.#queue.size === 0;
  }

  /** What this worker lets in flight; null before anything was refused. */
  get width(): number | null {
    return this.#isWarned ? this.#width.limit : null;
  }

  /** A pass or a hold, at once (G1, G4) or when it is this request's turn. Rejects with the signal's reason. */
  enter(entry: Entry): Pass | Hold | Promise<Pass | Hold> {
    if (this.#queue.size > 0) {
      const crowded = this.#isWarned && this.#queue.sizeOf(entry.run) >= FLOW.queuedPerRun;
      return crowded ? this.#hold(null) : this.#wait(entry);
    }
    const now = this.#clock.now();
    const block = this.#block(entry, now);
    if (block === null) return this.#pass(entry, now);
    return block.ms !== null && block.ms > FLOW.waitMs ? this.#hold(block) : this.#wait(entry);
  }

  #wait(entry: Entry): Promise<Pass | Hold> {
    const { run, signal } = entry;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        stop();
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = { entry, settle: (leaveToSend) => (leave(), resolve(leaveToSend)) };
      const onAbort = (): void => {
        leave();
        this.#queue.remove(run, waiter);
        this.#pump();
        reject(signal.reason as Error);
      };
      const stop = this.#clock.after(FLOW.queueMs, () => {
        this.#queue.remove(run, waiter);
        waiter.settle(this.#hold(null));
        this.#pump();
      });
      this.#queue.push(run, waiter);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      this.#pump();
    });
  }

  /** Lets go whoever may; the timer wakes it when only time is missing. */
  #pump(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    for (let first = this.#queue.peek(); first !== undefined; first = this.#queue.peek()) {
      const now = this.#clock.now();
      const block = this.#block(first.entry, now);
      if (block === null) {
        this.#queue.shift()?.settle(this.#pass(first.entry, now));
        continue;
      }
      if (block.ms === null) return;
      if (block.ms <= FLOW.waitMs) {
        this.#stopTimer = this.#clock.after(Math.max(1, Math.ceil(block.ms)), () => this.#pump());
        return;
      }
      this.#queue.shift()?.settle(this.#hold(block));
    }
  }

  #block(entry: Entry, now: number): Block | null {
    const paused = this.#pause.block(now);
    if (paused !== null) return paused;
    if (this.#width.isFull) {
      if (this.#width.learned) return { why: 'width', ms: null };
      const left = this.#lastSentAt + this.#pause.verdictMs - now;
      if (left > 0) return { why: 'width', ms: left };
      this.#width.tookAll();
    }
    const gap = this.#lastSentAt + this.#gapMs() - now;
    if (gap >= 1) return { why: 'gap', ms: gap };
    return this.#budgets.size === 0 ? null : this.#overBudget(entry.need(), now);
  }

  /** Evenly sent, a burst that meets a budget's end is refused once, not a whole width of times. */
  #gapMs(): number {
    if (!this.#width.learned) return 0;
    return Math.min(FLOW.maxGapMs, (FLOW.gapShare * this.#meanMs) / this.#width.limit);
  }

  #overBudget(need: Need, now: number): Block | null {
    let longest: Block | null = null;
    for (const [why, budget] of this.#budgets) {
      const ms = budget.waitFor(need[why], now);
      if (ms > (longest?.ms ?? 0)) longest = { why, ms };
    }
    return longest;
  }

  #pass(entry: Entry, now: number): Pass {
    const sent: Sent = { number: this.#width.send(), at: now };
    const uncount = this.#count(entry);
    this.#pause.sent(sent);
    this.#lastSentAt = now;
    let answered = false;
    let ended = false;
    const began = (response: Beginning | null): void => {
      if (answered) return;
      answered = true;
      uncount();
      if (response !== null) this.#learn(sent, response);
    };
    return {
      kind: 'pass',
      began,
      end: (end) => {
        if (ended) return;
        ended = true;
        began(null);
        this.#end(sent, end);
      },
    };
  }

  /** Counts a request against the budgets that are known now; gives the function that takes it back. */
  #count(entry: Entry): () => void {
    if (this.#budgets.size === 0) return nothing;
    const need = entry.need();
    const counted = [...this.#budgets];
    for (const [name, budget] of counted) budget.send(need[name]);
    return () => {
      for (const [name, budget] of counted) budget.answered(need[name]);
    };
  }

  #learn({ number }: Sent, { ok, headers }: Beginning): void {
    const now = this.#clock.now();
    for (const [name, reading] of readBudgets(headers) ?? []) {
      let budget = this.#budgets.get(name);
      if (budget === undefined) this.#budgets.set(name, (budget = new Budget()));
      budget.learn(reading, now);
    }
    if (!ok) return;
    this.#width.took();
    this.#pause.taken(number);
    if (this.#queue.size > 0) this.#pump();
  }

  #end(sent: Sent, end: End): void {
    const now = this.#clock.now();
    if (end.how === 'refused') this.#refused(sent, end, now);
    this.#width.end();
    if (end.how === 'answered') this.#answered(sent, now);
    this.#pause.ended(sent.number);
    if (this.#queue.size > 0) this.#pump();
  }

  #answered({ number, at }: Sent, now: number): void {
    const ms = now - at;
    this.#meanMs = this.#meanMs === 0 ? ms : this.#meanMs + (ms - this.#meanMs) / 8;
    this.#width.answered(now);
    this.#pause.taken(number);
  }

  #refused(sent: Sent, refusal: Refusal, now: number): void {
    this.#message = refusal.message;
    this.#isWarned = true;
    const counts = !this.#pause.isSuspect || this.#width.isOfLastRound(sent.number);
    if (counts && !refusal.quota && !this.#isUsedUp(now)) this.#width.refused(sent.number, now);
    this.#pause.refused(sent, this.#width.next, refusal, now);
    if (!refusal.quota) return;
    for (const waiter of this.#queue.drain()) {
      waiter.settle({ kind: 'hold', retryAfterMs: 0, message: refusal.message, paced: false, quota: true });
    }
  }

  /** The headers told that a budget was used up: the refusal says nothing of requests in flight. */
  #isUsedUp(now: number): boolean {
    return [...this.#budgets.values()].some((budget) => budget.waitFor(1, now) > 0);
  }

  /** When it would be the turn of one more who waits. */
  #turnMs(): number {
    if (this.#meanMs === 0) return FLOW.comeBackMs;
    return Math.min(FLOW.queueMs, Math.max(FLOW.verdictMs, (this.#queue.size * this.#meanMs) / this.#width.limit));
  }

  #hold(block: Block | null): Hold {
    const why = block?.why ?? 'width';
    const budget = BUDGETS.find((name) => name === why);
    const limit = budget === undefined ? null : this.#budgets.get(budget)?.limit;
    const used = `the provider's budget of ${limit ?? ''} ${why} is used up`.replace('  ', ' ');
    return {
      kind: 'hold',
      retryAfterMs: Math.ceil(block?.ms ?? this.#turnMs()),
      message: why === 'pause' ? this.#message : budget === undefined ? MANY : used,
      paced: why !== 'pause' || this.#pause.refusals < FLOW.refusalsThatCount,
      quota: false,
    };
  }
}
