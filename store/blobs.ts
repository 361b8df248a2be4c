/**
 * Content-addressed blobs. Invariants:
 *
 *  B1  A ref is the SHA-256 of the bytes, as 64 hex digits; the same bytes have the same ref everywhere and for ever.
 *  B2  `put` is idempotent and safe against itself: any number of writers of one blob, in any process, leave one file.
 *  B3  `get` gives the bytes that were put or an error (BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT), never anything else.
 *  B4  A blob is never changed or removed by Braid while a run may refer to it: what is put or found counts as new (gc.ts).
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { BraidError } from '../protocol/errors.ts';
import { STORE } from '../protocol/limits.ts';
import { hasCode, openDisk, type Disk } from './disk.ts';
import { sha256 } from './hash.ts';
import { createLimiter } from './limiter.ts';
import { readStoreId } from './store-id.ts';

export interface Store {
  /** Absolute path of the folder. */
  readonly home: string;
  /** Name of the store; part of the task queue's name. */
  readonly id: string;
  readonly disk: Disk;
  /** Keeps bytes (a string as UTF-8) and returns their ref. Errors: BRAID_STORE. */
  put(content: Uint8Array | string): Promise<string>;
  /** Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT, BRAID_STORE. */
  get(ref: string): Promise<Uint8Array>;
  getText(ref: string): Promise<string>;
  has(ref: string): Promise<boolean>;
}

/** Opens the store in `home`, and makes it when it is new. Errors: BRAID_STORE. */
export function openStore(home: string): Store {
  const disk = openDisk(home);
  const limit = createLimiter(STORE.parallelWrites);
  const get = async (ref: string): Promise<Uint8Array> => {
    const file = blobFile(home, ref);
    return checked(file, ref, await disk.read(file));
  };
  return {
    home,
    id: readStoreId(disk),
    disk,
    get,
    put: (content) => limit(() => put(disk, home, content)),
    getText: async (ref) => new TextDecoder().decode(await get(ref)),
    has: async (ref) => (await disk.touch(blobFile(home, ref), STORE.touchMs)) !== undefined,
  };
}

/** {@link Store.get} for threads that may block and have no use for a whole store. */
export function readBlobSync(home: string, ref: string): Uint8Array {
  const file = blobFile(home, ref);
  let bytes: Uint8Array | undefined;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  return checked(file, ref, bytes);
}

/**
 * {@link readBlobSync} into memory of the caller's, for readers of many large blobs: fresh memory costs more than the read. The
 * blob's bytes are the start of `into`; one that does not fit is damaged.
 */
export function readBlobInto(home: string, ref: string, into: Uint8Array): Uint8Array {
  const file = blobFile(home, ref);
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    let filled = 0;
    for (let count = -1; count !== 0 && filled < into.byteLength; filled += count) {
      count = readSync(handle, into, filled, into.byteLength - filled, null);
    }
    return checked(file, ref, into.subarray(0, filled));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    return checked(file, ref, undefined);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

async function put(disk: Disk, home: string, content: Uint8Array | string): Promise<string> {
  const ref = sha256(content);
  const file = blobFile(home, ref);
  const size = typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
  // Comparing sizes heals a file that a power cut left short.
  if ((await disk.touch(file, STORE.touchMs)) !== size) await disk.write(file, content);
  return ref;
}

function checked(file: string, ref: string, bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined)
    throw new BraidError('BRAID_BLOB_MISSING', `Blob ${ref} is not in the store (no file ${file}).`);
  const found = sha256(bytes);
  if (found === ref) return bytes;
  throw new BraidError(
    'BRAID_BLOB_CORRUPT',
    `${file} holds ${bytes.byteLength} bytes with hash ${found}, not blob ${ref}.`,
    {
      fix: `Delete ${file} and restore it from a backup.`,
    },
  );
}

/** A ref comes from histories and other stores: it must never become a path of its own making. */
function blobFile(home: string, ref: string): string {
  if (!/^[0-9a-f]{64}$/.test(ref)) {
    throw new BraidError('BRAID_BLOB_MISSING', `${JSON.stringify(ref.slice(0, 80))} is no reference to a blob.`);
  }
  return path.join(home, 'blobs', ref.slice(0, 2), ref.slice(2));
}
