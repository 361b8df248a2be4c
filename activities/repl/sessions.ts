/**
 * The live REPL sessions of a worker.
 *
 *  S1  A session answers only for the token and version it is at, and one request at a time; asked otherwise it is closed (V2).
 *  S2  A session that failed, was lost or was cancelled is closed: what its thread holds then is nobody's truth.
 *  S3  Memory and number of live sessions are bounded; the one used longest ago goes first, a busy one never goes.
 *  S4  A closed session lets go of its thread, its contexts and, when it has ended for good, its snapshots.
 */
import { availableParallelism } from 'node:os';
import { REPL } from '../../protocol/limits.ts';
import type { ReplStepRequest } from '../../protocol/repl.ts';
import type { Store } from '../../store/blobs.ts';
import { createContextShares, type ContextShares } from '../../store/contexts/shared.ts';
import { createLimiter } from '../../store/limiter.ts';
import { createReadText, type ReadText } from '../read-text.ts';
import { Session } from './session.ts';
import { ThreadPool } from './thread-pool.ts';

export type ReplLimits = { readonly [K in keyof typeof REPL]: number };

export interface SessionsOptions {
  store: Store;
  /** Default: {@link REPL}. */
  limits?: Partial<ReplLimits>;
  /** Default: one of its own. */
  readText?: ReadText;
  /** Entry of session threads, for tests of threads that die. */
  threadEntry?: URL;
}

export class Sessions {
  readonly store: Store;
  readonly limits: ReplLimits;
  /** Contexts that sessions read, in memory once. */
  readonly shares: ContextShares;
  readonly readText: ReadText;
  /** What was built since the worker started: sessions, and turns replayed for it. */
  readonly counts = { built: 0, replayed: 0 };
  readonly #live = new Map<string, Session>();
  readonly #threads: ThreadPool;
  readonly #writes = new Set<Promise<void>>();
  readonly #slot: ReturnType<typeof createLimiter>;
  #sweep: NodeJS.Timeout | undefined;

  constructor({ store, limits, readText, threadEntry }: SessionsOptions) {
    this.store = store;
    this.shares = createContextShares(store);
    this.readText = readText ?? createReadText(store);
    this.limits = { ...REPL, ...limits };
    const { spareThreads: spare, restingThreads: resting, restingMs } = this.limits;
    this.#threads = new ThreadPool({ spare, resting, restingMs }, threadEntry);
    // More turns at once than sessions may live would have to evict busy ones (S3).
    this.#slot = createLimiter(Math.min(this.limits.liveSessions, this.limits.turnsPerCpu * availableParallelism()));
  }

  /** Starts a thread that the first session will find ready. */
  warm(): void {
    this.#threads.warm();
  }

  /** Runs a turn's work when there is room for one more. */
  inSlot<T>(work: () => Promise<T>): Promise<T> {
    return this.#slot(work);
  }

  /**
   * The session that a request is for, marked busy; null when this worker does not hold it (S1) and the request does not
   * tell how to build it. Errors: those of the store and of contexts, BRAID_REPL_ENGINE.
   */
  async claim(request: ReplStepRequest): Promise<Session | null> {
    const live = this.#live.get(request.session);
    if (live?.answers(request) === true) {
      live.busy = true;
      return live;
    }
    if (live !== undefined) this.close(live);
    if (request.rebuild === null) return null;
    const session = await Session.open(this, this.#threads, request, request.rebuild);
    const rival = this.#live.get(request.session);
    if (rival !== undefined) this.close(rival);
    this.#live.set(request.session, session);
    return session;
  }

  /** The turn is over and the session may take the next one. */
  release(session: Session): void {
    session.busy = false;
    session.usedAt = performance.now();
    // To the end of the order: the map's first is the one used longest ago.
    if (this.#live.get(session.name) === session) {
      this.#live.delete(session.name);
      this.#live.set(session.name, session);
    }
    this.#shrink();
  }

  /** S2, S4. `ended`: there will be no other turn, so nothing of it needs to be kept. */
  close(session: Session, ended = false): void {
    if (this.#live.get(session.name) === session) this.#live.delete(session.name);
    session.close(ended);
  }

  /** Ends all threads; resolves when nothing of them runs or is being written. */
  async end(): Promise<void> {
    clearTimeout(this.#sweep);
    for (const session of this.#live.values()) this.close(session);
    await this.#threads.end();
    await Promise.all(this.#writes);
  }

  /** Work on the store that nobody waits for until the worker ends, and whose failure costs a replay only. */
  inBackground(work: Promise<void>): Promise<void> {
    const done = work.catch(() => undefined).finally(() => this.#writes.delete(done));
    this.#writes.add(done);
    return done;
  }

  /** Live sessions. */
  get count(): number {
    return this.#live.size;
  }

  #shrink(): void {
    const idle = [...this.#live.values()].filter((session) => !session.busy);
    const late = performance.now() - this.limits.idleMs;
    let bytes = [...this.#live.values()].reduce((sum, session) => sum + session.memory, 0);
    for (const session of idle) {
      const tooMuch = this.#live.size > this.limits.liveSessions || bytes > this.limits.liveBytes;
      if (!tooMuch && session.usedAt > late) break;
      bytes -= session.memory;
      this.close(session);
    }
    clearTimeout(this.#sweep);
    if (this.#live.size > 0) this.#sweep = setTimeout(() => this.#shrink(), this.limits.idleMs).unref();
  }
}
