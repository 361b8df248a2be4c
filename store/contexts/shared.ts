/**
 * Contexts in memory, shared by all threads of a process. Invariants:
 *
 *  H1  A chunk is read when a thread first needs it, verified, and then seen by all threads; nothing reads it before.
 *  H2  A thread that dies while it reads a chunk holds nobody up for longer than {@link CONTEXT.loadWaitMs}.
 *  H3  A chunk that is missing or damaged is an error for whoever needs it, each time, never other bytes.
 */
import type { ContextManifest } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import { CONTEXT } from '../../protocol/limits.ts';
import { readBlobInto, type Store } from '../blobs.ts';
import { getManifest } from './manifest.ts';

/** A handle that may be posted to threads. Memory is only used for chunks that somebody has read. */
export interface SharedContext {
  manifest: ContextManifest;
  /** All parts' UTF-8, one after the other. */
  bytes: SharedArrayBuffer;
  /** One Int32 for each chunk. */
  state: SharedArrayBuffer;
}

const NONE = 0;
const LOADING = 1;
const READY = 2;

export function shareContext(manifest: ContextManifest): SharedContext {
  const bytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
  const chunks = manifest.parts.reduce((sum, part) => sum + part.chunks.length, 0);
  return { manifest, bytes: new SharedArrayBuffer(bytes), state: new SharedArrayBuffer(chunks * 4) };
}

/** Where parts begin, in bytes and in chunks. */
interface Layout {
  byteAt: Float64Array;
  chunkAt: Int32Array;
}

const layouts = new WeakMap<SharedContext, Layout>();

export function layoutOf(shared: SharedContext): Layout {
  const known = layouts.get(shared);
  if (known !== undefined) return known;
  const { parts } = shared.manifest;
  const layout = { byteAt: new Float64Array(parts.length), chunkAt: new Int32Array(parts.length) };
  let [byte, chunk] = [0, 0];
  parts.forEach((part, i) => {
    layout.byteAt[i] = byte;
    layout.chunkAt[i] = chunk;
    byte += part.bytes;
    chunk += part.chunks.length;
  });
  layouts.set(shared, layout);
  return layout;
}

let scratch = Buffer.alloc(0);

/** Makes sure that chunk number `slot`, a blob of `home` whose bytes belong at `offset`, is there. Errors: those of readBlobInto. */
export function loadChunk(
  shared: SharedContext,
  home: string,
  chunk: { slot: number; offset: number; ref: string; bytes: number },
): void {
  const state = new Int32Array(shared.state);
  for (;;) {
    const found = Atomics.compareExchange(state, chunk.slot, NONE, LOADING);
    if (found === READY) return;
    // H2: two that read the same chunk write the same bytes, so taking over needs no more than doing it.
    if (found === NONE || Atomics.wait(state, chunk.slot, LOADING, CONTEXT.loadWaitMs) === 'timed-out') break;
  }
  try {
    // Beside the shared memory first: there nobody may ever see what was not verified.
    if (scratch.byteLength < chunk.bytes) scratch = Buffer.allocUnsafeSlow(chunk.bytes);
    const bytes = readBlobInto(home, chunk.ref, scratch.subarray(0, chunk.bytes));
    if (bytes.byteLength !== chunk.bytes) throw wrongSize(chunk, bytes.byteLength);
    new Uint8Array(shared.bytes, chunk.offset, chunk.bytes).set(bytes);
    Atomics.store(state, chunk.slot, READY);
  } catch (error) {
    Atomics.compareExchange(state, chunk.slot, LOADING, NONE);
    throw error;
  } finally {
    Atomics.notify(state, chunk.slot);
  }
}

function wrongSize(chunk: { ref: string; bytes: number }, found: number): BraidError {
  const message = `Blob ${chunk.ref} has ${found} bytes where the context's manifest says ${chunk.bytes}.`;
  return new BraidError('BRAID_BLOB_CORRUPT', message, { fix: 'Start the run again.' });
}

export interface ContextShares {
  /** The context of a manifest, the same for all who ask while one holds it. Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT. */
  acquire(hash: string): Promise<SharedContext>;
  /** Gives one `acquire` back; after the last one the memory is free once no thread uses it. */
  release(hash: string): void;
}

/** The contexts of a process; threads get theirs by message. */
export function createContextShares(store: Store): ContextShares {
  const held = new Map<string, { users: number; shared: Promise<SharedContext> }>();
  const release = (hash: string) => {
    const entry = held.get(hash);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users === 0) held.delete(hash);
  };
  return {
    release,
    acquire: async (hash) => {
      const entry = held.get(hash) ?? { users: 0, shared: getManifest(store, hash).then(shareContext) };
      entry.users += 1;
      held.set(hash, entry);
      try {
        return await entry.shared;
      } catch (error) {
        release(hash);
        throw error;
      }
    },
  };
}
