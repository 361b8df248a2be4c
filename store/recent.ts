/** Keeps the values used last, a fixed number of them. */
export class Recent<T> {
  readonly #limit: number;
  readonly #kept = new Map<string, T>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  drop(key: string): void {
    this.#kept.delete(key);
  }

  /** The value of a key, made when it is not kept. */
  get(key: string, make: () => T): T {
    const value = this.#kept.get(key) ?? make();
    this.#kept.delete(key);
    this.#kept.set(key, value);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit) break;
      this.#kept.delete(oldest);
    }
    return value;
  }
}

/** The same for what is read: callers that ask at once share one reading, and a failed one is tried again. */
export class RecentReads<T> {
  readonly #kept: Recent<Promise<T>>;

  constructor(limit: number) {
    this.#kept = new Recent(limit);
  }

  async get(key: string, read: () => Promise<T>): Promise<T> {
    const reading = this.#kept.get(key, read);
    try {
      return await reading;
    } catch (error) {
      this.#kept.drop(key);
      throw error;
    }
  }
}
