/**
 * Counts the operations of a turn that scan a text, so that one which hangs can be named, ended with its thread, and made
 * to fail at the same place when the turn is taken again (V1).
 *
 *  O1  Ordinals count from 0 within a turn, in the order the guest asks, failed ones included.
 *  O2  The running operation stands in shared memory from before its first character is read until after its last.
 *  O3  Operations of replayed turns are not watched: they ended once, on a machine that was perhaps less busy.
 */
import { BraidError } from '../../protocol/errors.ts';
import type { GrepPattern } from '../../protocol/text-source.ts';

/** One 32-bit number for both threads: 0, or the running operation's ordinal + 1. */
export type OperationCell = Int32Array<SharedArrayBuffer>;

export function newOperationCell(): OperationCell {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Ordinal of the operation that runs now, or null. */
export function runningOperation(cell: OperationCell): number | null {
  const value = Atomics.load(cell, 0);
  return value === 0 ? null : value - 1;
}

/** The thread's side. */
export class Operations {
  readonly #cell: OperationCell;
  #next = 0;
  #faults: ReadonlySet<number> = new Set();
  #applied: number[] = [];
  #watched = false;

  constructor(cell: OperationCell) {
    this.#cell = cell;
  }

  startTurn(faults: readonly number[], watched: boolean): void {
    this.#next = 0;
    this.#faults = new Set(faults);
    this.#applied = [];
    this.#watched = watched;
    Atomics.store(this.#cell, 0, 0);
  }

  /** Faults that this turn has met. */
  get applied(): number[] {
    return this.#applied;
  }

  /** @throws BraidError BRAID_CONTEXT_SLOW for an operation that hung before. */
  before(name: string, pattern?: GrepPattern): void {
    const ordinal = this.#next;
    this.#next += 1;
    if (this.#faults.has(ordinal)) {
      this.#applied.push(ordinal);
      throw tooSlow(name, pattern);
    }
    if (this.#watched) Atomics.store(this.#cell, 0, ordinal + 1);
  }

  after(): void {
    Atomics.store(this.#cell, 0, 0);
  }
}

/** A constant text: a replay must throw the very same. */
function tooSlow(name: string, pattern: GrepPattern | undefined): BraidError {
  const what = pattern !== undefined && 'source' in pattern ? ` with /${shown(pattern.source)}/${pattern.flags}` : '';
  return new BraidError(
    'BRAID_CONTEXT_SLOW',
    `${name}${what} took too long and was stopped. Use a simpler pattern (nested repetition is slow), a literal text, or ` +
      'search a slice.',
  );
}

function shown(source: string): string {
  return source.length > 200 ? `${source.slice(0, 199)}…` : source;
}
