/**
 * When a thread may be ended. Node aborts the whole process when a thread is terminated between the making of a compression
 * stream and its initialisation (`CHECK(init_done_)` in node_zlib.cc), so packing and ending keep out of each other's way:
 *
 *  Z1  Whoever comes second gives way: a thread that is to be ended packs nothing any more, and one that packs is ended after it.
 *  Z2  The wait is bounded: packing takes milliseconds, and a thread that never comes back is ended all the same.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { REPL } from '../../protocol/limits.ts';

/** In memory that both threads see: whether it packs, whether it is to be ended. */
export type EndingCell = Int32Array<SharedArrayBuffer>;

const PACKS = 0;
const ENDS = 1;

export function newEndingCell(): EndingCell {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

/** The thread's side. @throws when it is to be ended. */
export function packing<T>(cell: EndingCell, work: () => T): T {
  Atomics.store(cell, PACKS, 1);
  try {
    if (Atomics.load(cell, ENDS) === 1) throw new Error('this thread is being ended');
    return work();
  } finally {
    Atomics.store(cell, PACKS, 0);
  }
}

/** The owner's side: resolves when the thread may be terminated. */
export async function mayEnd(cell: EndingCell): Promise<void> {
  Atomics.store(cell, ENDS, 1);
  const deadline = performance.now() + REPL.packMs;
  while (Atomics.load(cell, PACKS) === 1 && performance.now() < deadline) await sleep(1);
}
