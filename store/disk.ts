/**
 * The file operations of the store. Invariants:
 *
 *  D1  A file at its final name is whole: it is written beside and moved in, so a killed writer leaves nothing readable.
 *  D2  `create` has one winner among all processes; the losers change nothing.
 *  D3  Every failure of the disk is a BRAID_STORE that names file and cause; only "not there" is an answer.
 *
 * Nothing is synced: a killed process loses nothing, a power cut may lose what was written last.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BraidError } from '../protocol/errors.ts';
import { STORE } from '../protocol/limits.ts';

export interface Disk {
  /** Absolute path of a file of the store. */
  at(...parts: string[]): string;
  /** Writes or replaces a file. */
  write(file: string, bytes: Uint8Array | string): Promise<void>;
  /** Writes a file unless it exists; false when it did. */
  create(file: string, bytes: Uint8Array | string): Promise<boolean>;
  /** `undefined` when there is no such file. */
  read(file: string): Promise<Uint8Array | undefined>;
  /** Size in bytes, `undefined` when there is no such file. */
  size(file: string): Promise<number | undefined>;
  /** As {@link size}; a file older than `ms` becomes as new, so that it is not taken for garbage (gc.ts). */
  touch(file: string, ms: number): Promise<number | undefined>;
  /** Size in bytes, and when it was written, in ms since 1970. */
  info(file: string): Promise<{ size: number; at: number } | undefined>;
  /** Names in a folder; none when there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Removes a file, or a folder with all that is in it; nothing when there is none. */
  remove(path: string): Promise<void>;
}

/** Opens (and makes) the folder `home`. Errors: BRAID_STORE. */
export function openDisk(home: string): Disk {
  const temp = path.join(home, 'tmp');
  guardSync(home, () => {
    // Prompts and sources live here: nobody else on the machine has business in it.
    mkdirSync(temp, { recursive: true, mode: 0o700 });
    removeLeftovers(temp);
  });
  const tempFile = () => path.join(temp, randomBytes(12).toString('hex'));
  const place = (file: string, bytes: Uint8Array | string, move: (from: string) => Promise<boolean>) =>
    guard(file, async () => {
      const from = tempFile();
      await writeFile(from, bytes, { mode: 0o600 });
      try {
        return await withFolder(file, () => move(from));
      } catch (error) {
        await rm(from, { force: true });
        throw error;
      }
    });
  return {
    at: (...parts) => path.join(home, ...parts),
    write: async (file, bytes) => {
      if (bytes.length <= STORE.smallBytes) return guardSync(file, () => writeSmall(file, bytes, tempFile()));
      await place(file, bytes, (from) => rename(from, file).then(() => true));
    },
    create: (file, bytes) =>
      place(file, bytes, async (from) => {
        const created = await linkOnce(from, file, bytes);
        await unlink(from).catch(orMissing);
        return created;
      }),
    read: (file) =>
      guard(file, async () => {
        const size = sizeNow(file);
        if (size === undefined) return undefined;
        return size <= STORE.smallBytes ? readSmall(file) : readFile(file).catch(orMissing);
      }),
    size: (file) => guard(file, async () => (await stat(file).catch(orMissing))?.size),
    touch: (file, ms) => guard(file, () => touched(file, ms)),
    info: (file) =>
      guard(file, async () => {
        const found = await stat(file).catch(orMissing);
        return found === undefined ? undefined : { size: found.size, at: found.mtimeMs };
      }),
    list: (folder) => guard(folder, async () => (await readdir(folder).catch(orMissing)) ?? []),
    remove: (target) => guard(target, () => rm(target, { recursive: true, force: true })),
  };
}

/** D2: a hard link either makes the whole file appear or fails because one is there. */
async function linkOnce(from: string, file: string, bytes: Uint8Array | string): Promise<boolean> {
  try {
    await link(from, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
  }
  // File systems without hard links (exFAT, some mounts) keep D2 but weaken D1 to "whole unless killed right here".
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
    if (hasCode(error, 'EEXIST')) return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
  return true;
}

async function touched(file: string, ms: number): Promise<number | undefined> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (Date.now() - found.mtimeMs <= ms) return found.size;
  const now = new Date();
  // Removed in between: it is not there.
  return (await utimes(file, now, now).then(() => true, orMissing)) === true ? found.size : undefined;
}

/**
 * D1. What is small is written and read at once: each of the four trips through the thread pool takes as long as the page cache does,
 * and most payloads that leave a history are a few KiB.
 */
function writeSmall(file: string, bytes: Uint8Array | string, from: string): void {
  writeFileSync(from, bytes, { mode: 0o600 });
  try {
    renameSync(from, file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    renameSync(from, file);
  }
}

function readSmall(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    return orMissing(error);
  }
}

/** Asked at once: an answer "no" by the thread pool costs an error with a stack. */
function sizeNow(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

async function withFolder<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    return work();
  }
}

async function guard<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeError(file, error);
  }
}

export function guardSync<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(file, error);
  }
}

function storeError(file: string, cause: unknown): BraidError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BraidError('BRAID_STORE', `The store failed at ${file}: ${why}.`, { cause });
}

function orMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function removeLeftovers(temp: string): void {
  for (const name of readdirSync(temp)) {
    const file = path.join(temp, name);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs > STORE.tempAgeMs) rmSync(file, { force: true });
  }
}
