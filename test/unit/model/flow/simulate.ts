/** A provider and the runs that ask it, in virtual time: the governor under test is the real one. */
import { Governor } from '../../../../activities/model/flow/governor.ts';
import type { Clock, Entry, Hold, Pass } from '../../../../activities/model/flow/pass.ts';

/** Time that passes only from one event to the next. */
export class VirtualTime implements Clock {
  #now = 0;
  #next = 0;
  readonly #events = new Map<number, { at: number; call: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const id = this.#next++;
    this.#events.set(id, { at: this.#now + ms, call });
    return () => void this.#events.delete(id);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  get pending(): number {
    return this.#events.size;
  }

  /** Runs events in order until `done` or until none is left; promises settle between two of them. */
  async run(done: () => boolean = () => false, until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
      if (done()) return;
      const [id, event] = this.#earliest();
      if (event === null || event.at > until) return;
      this.#events.delete(id);
      this.#now = Math.max(this.#now, event.at);
      event.call();
    }
  }

  /** Of two at the same time, the one that was asked for first. */
  #earliest(): [number, { at: number; call: () => void } | null] {
    let first: [number, { at: number; call: () => void } | null] = [-1, null];
    for (const [id, event] of this.#events) if (first[1] === null || event.at < first[1].at) first = [id, event];
    return first;
  }
}

export interface SimulatedProvider {
  /** Requests in flight that it takes; default: any number. */
  inFlight?: number;
  /** Requests that it takes in each window of so many ms. */
  budget?: { requests: number; windowMs: number };
  /** Which headers it sends. */
  tells?: { budget?: boolean; retryAfter?: boolean };
  latencyMs: (n: number) => number;
  refusalMs?: number;
}

export interface Storm {
  sent: number;
  answered: number;
  held: number;
  /** Virtual ms. */
  ms: number;
  /** When each run's last call was answered. */
  endOf: Map<string, number>;
}

/** Asks for all calls of all runs, each run within a window of its own, and waits by timers as workflows do. */
export async function storm(
  provider: SimulatedProvider,
  runs: { run: string; calls: number; window: number; at?: number }[],
): Promise<Storm> {
  const time = new VirtualTime();
  const governor = new Governor(time);
  const server = new Server(provider, time);
  const result: Storm = { sent: 0, answered: 0, held: 0, ms: 0, endOf: new Map() };
  const all = runs.reduce((sum, { calls }) => sum + calls, 0);

  const call = async (run: string): Promise<void> => {
    for (;;) {
      const leave = await governor.enter(entry(run));
      if (leave.kind === 'hold') {
        result.held += 1;
        await time.sleep(leave.retryAfterMs * 1.2);
        continue;
      }
      const retryAfterMs = await server.ask(leave);
      if (retryAfterMs === 'answered') break;
      await time.sleep((retryAfterMs ?? 1_000) * 1.2);
    }
    result.answered += 1;
    result.endOf.set(run, time.now());
  };
  for (const { run, calls, window, at = 0 } of runs) {
    let left = calls;
    const slot = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await call(run);
      }
    };
    time.after(at, () => void Promise.all(Array.from({ length: window }, slot)));
  }
  await time.run(() => result.answered === all);
  return { ...result, sent: server.sent, ms: time.now() };
}

class Server {
  sent = 0;
  #inFlight = 0;
  #used = 0;
  #window = 0;
  readonly #provider: SimulatedProvider;
  readonly #time: VirtualTime;

  constructor(provider: SimulatedProvider, time: VirtualTime) {
    this.#provider = provider;
    this.#time = time;
  }

  async ask(pass: Pass): Promise<'answered' | number | null> {
    const { budget, inFlight, tells = {}, latencyMs, refusalMs = 2 } = this.#provider;
    const n = ++this.sent;
    const full = this.#inFlight >= (inFlight ?? Number.POSITIVE_INFINITY);
    const usedUp = !full && this.#isUsedUp();
    if (!full && !usedUp) {
      this.#used += 1;
      this.#inFlight += 1;
    }
    const resetMs = budget === undefined ? 0 : (this.#window + 1) * budget.windowMs - this.#time.now();
    const headers = new Headers();
    if (budget !== undefined && tells.budget === true) {
      headers.set('x-ratelimit-limit-requests', String(budget.requests));
      headers.set('x-ratelimit-remaining-requests', String(budget.requests - this.#used));
      headers.set('x-ratelimit-reset-requests', `${resetMs}ms`);
    }
    if (full || usedUp) {
      await this.#time.sleep(refusalMs);
      const retryAfterMs = tells.retryAfter === true ? (usedUp ? resetMs : 1_000) : null;
      pass.began({ ok: false, headers });
      pass.end({ how: 'refused', retryAfterMs, message: 'slow down', quota: false });
      return retryAfterMs;
    }
    await this.#time.sleep(latencyMs(n));
    pass.began({ ok: true, headers });
    this.#inFlight -= 1;
    pass.end({ how: 'answered' });
    return 'answered';
  }

  #isUsedUp(): boolean {
    const { budget } = this.#provider;
    if (budget === undefined) return false;
    const window = Math.floor(this.#time.now() / budget.windowMs);
    if (window !== this.#window) [this.#window, this.#used] = [window, 0];
    return this.#used >= budget.requests;
  }
}

export function entry(run = 'a', more: Partial<Entry> = {}): Entry {
  return {
    run,
    need: () => ({ requests: 1, tokens: 1, 'input-tokens': 1, 'output-tokens': 1 }),
    signal: new AbortController().signal,
    ...more,
  };
}

/** A pass that must be given at once. */
export function passNow(leave: Pass | Hold | Promise<Pass | Hold>): Pass {
  if (leave instanceof Promise || leave.kind !== 'pass') throw new Error(`no pass at once: ${JSON.stringify(leave)}`);
  return leave;
}
