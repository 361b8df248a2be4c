/**
 * Who waits for a provider: first come, first served within a run, one after the other between runs, so that a run of a thousand
 * requests does not starve a run of three.
 */
export class FairQueue<T> {
  /** Runs in the order in which they are served next; none is empty. */
  readonly #runs = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(run: string): number {
    return this.#runs.get(run)?.length ?? 0;
  }

  push(run: string, item: T): void {
    const items = this.#runs.get(run);
    if (items === undefined) this.#runs.set(run, [item]);
    else items.push(item);
    this.#size += 1;
  }

  /** Whom {@link shift} would give. */
  peek(): T | undefined {
    for (const items of this.#runs.values()) return items[0];
    return undefined;
  }

  /** The next one; its run goes to the end of the line. */
  shift(): T | undefined {
    for (const [run, items] of this.#runs) {
      const item = items.shift();
      this.#size -= 1;
      this.#runs.delete(run);
      if (items.length > 0) this.#runs.set(run, items);
      return item;
    }
    return undefined;
  }

  /** Takes out one that no longer waits; its run keeps its place. */
  remove(run: string, item: T): void {
    const items = this.#runs.get(run);
    const at = items?.indexOf(item) ?? -1;
    if (items === undefined || at < 0) return;
    items.splice(at, 1);
    this.#size -= 1;
    if (items.length === 0) this.#runs.delete(run);
  }

  /** Empties the queue. */
  drain(): T[] {
    const all = [...this.#runs.values()].flat();
    this.#runs.clear();
    this.#size = 0;
    return all;
  }
}
