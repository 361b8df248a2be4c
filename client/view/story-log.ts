import type { StoryEntry } from '../../protocol/view.ts';

/** The story of a run. Entries that were handed out never move (reduce R2). */
export class StoryLog {
  readonly #entries: StoryEntry[] = [];
  readonly #ended = new Set<string>();

  get length(): number {
    return this.#entries.length;
  }

  add(entry: StoryEntry): void {
    this.insert(this.#entries.length, entry);
  }

  /**
   * Puts an entry before what was added since `length` was `index`. Only for facts that came first and were understood later,
   * and only until the entries after `index` are handed out. A call ends once: a second end is dropped. Tells whether it was added.
   */
  insert(index: number, entry: StoryEntry): boolean {
    if (entry.type === 'call.ended' || entry.type === 'call.replayed') {
      if (this.#ended.has(entry.address)) return false;
      this.#ended.add(entry.address);
    }
    this.#entries.splice(index, 0, entry);
    return true;
  }

  /** A call that had ended was begun anew, so that it can end again. */
  reopened(at: number, address: string): void {
    this.#ended.delete(address);
    this.add({ at, type: 'call.started', address });
  }

  /** Puts an entry in the place of the last one, when that is of the same kind and more is known of it now. */
  refine(entry: StoryEntry): void {
    if (this.#entries.at(-1)?.type === entry.type) this.#entries[this.#entries.length - 1] = entry;
  }

  entries(): StoryEntry[] {
    return [...this.#entries];
  }
}
