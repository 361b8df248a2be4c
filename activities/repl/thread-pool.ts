/**
 * Threads without a session. Starting one and compiling the engine in it costs many times what a light cell does, so one is kept ready,
 * and a thread whose session has ended well takes another.
 */
import { startThread, type SessionThread } from './thread.ts';

export class ThreadPool {
  readonly #spare: SessionThread[] = [];
  readonly #capacity: number;
  readonly #entry: URL | undefined;
  readonly #all = new Set<SessionThread>();
  #ended = false;

  constructor(capacity: number, entry: URL | undefined) {
    this.#capacity = capacity;
    this.#entry = entry;
  }

  /** Makes sure that one is ready. */
  warm(): void {
    if (this.#spare.length > 0 || this.#capacity === 0 || this.#ended) return;
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
    if (!thread.alive || this.#ended || this.#spare.length >= this.#capacity) {
      void this.drop(thread);
      return;
    }
    thread.onSnapshot = () => undefined;
    thread.forget();
    this.#spare.push(thread);
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
