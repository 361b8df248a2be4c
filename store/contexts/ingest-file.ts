/**
 * Files into the store. A file that is surely what it was when it was last read is not read again: the index beside the blobs
 * remembers what became of it. The index is a hint (S2 of store/snapshots.ts): lost or torn, files are read again.
 */
import { constants, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { BraidError } from '../../protocol/errors.ts';
import { CONTEXT, MIB, WORKSPACE } from '../../protocol/limits.ts';
import type { Store } from '../blobs.ts';
import { hasCode } from '../disk.ts';
import { tooLarge } from './chunk-writer.ts';
import { unreadable } from './encoding.ts';
import type { FileIndex } from './file-index.ts';
import { formatOf, isDocument } from './formats.ts';
import { ingestStream, type Ingested, type StreamOptions } from './ingest.ts';

export interface FileOptions extends Omit<StreamOptions, 'expected'> {
  /** Remembers unchanged files; entries are by absolute path. */
  index?: FileIndex;
}

const BLOCK = MIB;

/**
 * Stores one file, or what a pipe gives. `name` is what messages and the part call it, the path when absent; the format
 * follows from the path unless it is given. Errors: BRAID_CONTEXT_MISSING, BRAID_CONTEXT_UNREADABLE (also for what is no
 * text), BRAID_CONTEXT_TOO_LARGE before anything is read, BRAID_STORE.
 */
export async function ingestFile(store: Store, file: string, options: FileOptions = {}): Promise<Ingested> {
  const { name = file, format = formatOf(file), maxBytes = CONTEXT.bytes, index } = options;
  const readAt = Date.now();
  const handle = await openFile(file, name);
  try {
    const info = await handle.stat({ bigint: true });
    if (info.isDirectory()) throw unreadable(name, 'it is a folder');
    const limit = Math.min(maxBytes, isDocument(format) ? CONTEXT.documentBytes : CONTEXT.bytes);
    if (info.size > BigInt(limit)) throw tooLarge(name, limit);
    const known = index === undefined ? undefined : await index.find(store, file, info, format);
    if (known !== undefined) {
      options.onBytes?.(Number(info.size));
      return { part: { ...known.part, name }, warnings: known.warnings };
    }
    const expected = info.isFile() ? { expected: Number(info.size) } : {};
    const found = await ingestStream(store, blocks(handle, blockSize(info), name), {
      ...options,
      name,
      format,
      maxBytes,
      ...expected,
    });
    if (info.isFile() && isSettled(info, await handle.stat({ bigint: true }), readAt))
      index?.remember(file, info, found);
    return found;
  } finally {
    await handle.close();
  }
}

async function openFile(file: string, name: string): Promise<FileHandle> {
  try {
    // A pipe or a device opens at once for reading; a socket gives an error.
    return await open(file, constants.O_RDONLY);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT', 'ENOTDIR')) {
      throw new BraidError('BRAID_CONTEXT_MISSING', `The context ${name} is not there: no file ${file}.`, { cause });
    }
    throw cannotRead(name, cause);
  }
}

/** Reads the next block while the last one is worked on. */
async function* blocks(handle: FileHandle, size: number, name: string): AsyncGenerator<Uint8Array> {
  let [current, other] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  let reading = handle.read(current, 0, size, null);
  try {
    for (;;) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      reading = handle.read(other, 0, size, null);
      yield current.subarray(0, bytesRead);
      [current, other] = [other, current];
    }
  } catch (cause) {
    throw hasCode(cause, 'EISDIR', 'EIO', 'EACCES', 'EPERM', 'ENXIO') ? cannotRead(name, cause) : cause;
  } finally {
    // The handle must not be closed under a read.
    await reading.catch(() => undefined);
  }
}

/** One byte more than a small file has, so that its end shows at once; of a pipe the size is not known. */
function blockSize(info: BigIntStats): number {
  return info.isFile() ? Math.min(BLOCK, Number(info.size) + 1) : BLOCK;
}

function cannotRead(name: string, cause: unknown): BraidError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const denied = code === 'EACCES' || code === 'EPERM';
  return unreadable(name, denied ? `permission denied (${code})` : code, {
    cause,
    fix: denied ? `Give yourself the right to read it: chmod +r ${name}` : 'Check the file.',
  });
}

/** Unchanged while it was read, and old enough that a change right after it would show in its times. */
function isSettled(before: BigIntStats, after: BigIntStats, readAt: number): boolean {
  const same = before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
  const coarse = before.ctimeNs % 1_000_000_000n === 0n;
  const age = readAt - Number(before.ctimeNs / 1_000_000n);
  return same && age >= (coarse ? WORKSPACE.racyCoarseMs : WORKSPACE.racyMs);
}
