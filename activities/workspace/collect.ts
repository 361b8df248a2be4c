/** Turns found files into entries: reads what is new or changed, takes the rest from the index of the last snapshot. */
import path from 'node:path';
import { WORKSPACE } from '../../protocol/limits.ts';
import type { Store } from '../../store/blobs.ts';
import { createLimiter } from '../../store/limiter.ts';
import { readIndex, writeIndex, type IndexEntry } from '../../store/snapshots.ts';
import { tooManyBytes, type WorkspaceLimits } from './limits.ts';
import type { Entry } from '../../store/workspace-manifest.ts';
import { readContent } from './read-file.ts';
import type { Found } from './walk.ts';

interface Collected {
  entries: Map<string, Entry>;
  /** Bytes of all texts. */
  bytes: number;
  /** Files that had to be read. */
  read: number;
}

type FoundFile = Extract<Found, { kind: 'file' }>;

export async function collect(
  store: Store,
  root: string,
  found: readonly Found[],
  options: { limits: WorkspaceLimits; signal: AbortSignal; onProgress: (files: number) => void },
): Promise<Collected> {
  const { limits, signal } = options;
  const before = await readIndex(store, root);
  const after = new Map<string, IndexEntry>();
  const result: Collected = { entries: new Map(), bytes: 0, read: 0 };
  const limit = createLimiter(WORKSPACE.parallelReads);
  const one = async (item: Found) => {
    signal.throwIfAborted();
    // Once one has thrown, the rest of the queue has nothing to do.
    if (result.bytes > limits.bytes) return;
    if (item.kind !== 'file') {
      result.entries.set(item.path, listed(item));
      return;
    }
    const known = await reusable(store, item, before.get(item.path));
    const readAt = Date.now();
    const entry = known === null ? await readEntry(store, root, item, limits) : entryOf(item, known);
    if (entry === null) return;
    result.entries.set(item.path, entry);
    if (known === null && entry.kind !== 'huge') result.read += 1;
    if (entry.kind === 'text') result.bytes += entry.size;
    if (result.bytes > limits.bytes) throw tooManyBytes(root, limits.bytes);
    const remembered = known ?? indexEntry(item, entry, readAt);
    if (remembered !== null) after.set(item.path, remembered);
    options.onProgress(result.entries.size);
  };
  await Promise.all(found.map((item) => limit(() => one(item))));
  if (result.read > 0 || after.size !== before.size) await writeIndex(store, root, after);
  return result;
}

function listed(item: Exclude<Found, FoundFile>): Entry {
  return item.kind === 'symlink'
    ? { kind: 'symlink', size: 0, mode: item.mode, hash: null, target: item.target }
    : { kind: 'unreadable', size: 0, mode: 0, hash: null, target: null };
}

/** Null when the file vanished. */
async function readEntry(store: Store, root: string, item: FoundFile, limits: WorkspaceLimits): Promise<Entry | null> {
  if (item.stat.size > BigInt(limits.fileBytes)) {
    return { kind: 'huge', size: Number(item.stat.size), mode: modeOf(item), hash: null, target: null };
  }
  const content = await readContent(path.join(root, item.path), limits.fileBytes);
  if (content.kind === 'gone') return null;
  const base = { mode: modeOf(item), hash: null, target: null };
  if (content.kind === 'text') {
    return { ...base, kind: 'text', size: content.bytes.byteLength, hash: await store.put(content.bytes) };
  }
  return { ...base, kind: content.kind, size: content.kind === 'huge' ? content.size : Number(item.stat.size) };
}

/** The index entry if the file is surely what it was then, and its content is still in the store. */
async function reusable(store: Store, item: FoundFile, known: IndexEntry | undefined): Promise<IndexEntry | null> {
  if (known === undefined) return null;
  const { size, mtimeNs, ctimeNs, ino } = item.stat;
  const same =
    Number(size) === known.size &&
    String(mtimeNs) === known.mtimeNs &&
    // `touch` can set the modification time back, never the change time.
    String(ctimeNs) === known.ctimeNs &&
    String(ino) === known.ino;
  if (!same) return null;
  return known.hash === null || (await store.has(known.hash)) ? known : null;
}

/** Null when the entry must not be trusted next time: the file is too young, its size does not fit, or it was not read. */
function indexEntry(item: FoundFile, entry: Entry, readAt: number): IndexEntry | null {
  const { size, mtimeNs, ctimeNs, ino } = item.stat;
  if ((entry.kind !== 'text' && entry.kind !== 'binary') || entry.size !== Number(size) || isYoung(ctimeNs, readAt))
    return null;
  const { kind, hash } = entry;
  return { size: entry.size, mtimeNs: String(mtimeNs), ctimeNs: String(ctimeNs), ino: String(ino), kind, hash };
}

/** A change right after the read could leave the same time stamp as the one before it. */
function isYoung(ctimeNs: bigint, readAt: number): boolean {
  const coarse = ctimeNs % 1_000_000_000n === 0n;
  return readAt - Number(ctimeNs / 1_000_000n) < (coarse ? WORKSPACE.racyCoarseMs : WORKSPACE.racyMs);
}

function entryOf(item: FoundFile, known: IndexEntry): Entry {
  return { kind: known.kind, size: known.size, mode: modeOf(item), hash: known.hash, target: null };
}

function modeOf(item: FoundFile): number {
  return Number(item.stat.mode & 0o777n);
}
