/**
 * Threads without a session. Starting one and compiling the engine in it costs many times what a light cell does, so one is kept ready,
 * and a thread whose session has ended well takes another. After a wide batch of recursive calls more are kept for a while.
 */
import { startThread, type SessionThread } from './thread.ts';

export interface PoolSize {
  /** Kept for as long as the worker lives. */
  spare: number;
  /** Kept for `restingMs` after their sessions. */
  resting: number;
  restingMs: number;
}

export class ThreadPool {
  readonly #spare: SessionThread[] = [];
  readonly #size: PoolSize;
  readonly #entry: URL | undefined;
  readonly #all = new Set<SessionThread>();
  #ended = false;

  constructor(size: PoolSize, entry: URL | undefined) {
    this.#size = size;
    this.#entry = entry;
  }

  /** Makes sure that one is ready. */
  warm(): void {
    if (this.#spare.length > 0 || this.#size.spare === 0 || this.#ended) return;
    const thread = this.#start();
    thread.rehearse();
    this.#spare.push(thread);
  }

  take(): SessionThread {
    let thread = this.#spare.pop();
    while (thread?.alive === false) thread = this.#spare.pop();
    return thread ?? this.#start();
  }

  /** Takes back the thread of a session that is over and was not busy. */
  give(thread: SessionThread): void {
    const { spare, resting, restingMs } = this.#size;
    if (!thread.alive || this.#ended || this.#spare.length >= Math.max(spare, resting)) {
      void this.drop(thread);
      return;
    }
    thread.onSnapshot = () => undefined;
    thread.forget();
    this.#spare.push(thread);
    if (this.#spare.length > spare) setTimeout(() => this.#shrink(), restingMs).unref();
  }

  /** Lets the thread go that has rested longest. */
  #shrink(): void {
    const thread = this.#spare.length > this.#size.spare ? this.#spare.shift() : undefined;
    if (thread !== undefined) void this.drop(thread);
  }

  async drop(thread: SessionThread): Promise<void> {
    await thread.end();
    this.#all.delete(thread);
  }

  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all([...this.#all].map((thread) => this.drop(thread)));
  }

  #start(): SessionThread {
    const thread = startThread(this.#entry);
    this.#all.add(thread);
    return thread;
  }
}
