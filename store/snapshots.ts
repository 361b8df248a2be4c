/**
 * Where snapshots are found. Invariants:
 *
 *  S1  A key points to one manifest for ever: whoever sets it first wins, in any process, and all others get that one.
 *  S2  The index is a hint. It may be lost, torn or written by two processes at once; then files are read again,
 *      and no snapshot is wrong for it.
 */
import { BraidError } from '../protocol/errors.ts';
import { hashText } from '../protocol/hash.ts';
import { isJsonObject } from '../protocol/json.ts';
import type { Store } from './blobs.ts';

/** What a file was when it was last read. Times and inode are decimal text, because they exceed 2^53. */
export interface IndexEntry {
  size: number;
  mtimeNs: string;
  ctimeNs: string;
  ino: string;
  kind: 'text' | 'binary';
  /** Ref of the content; null for binary files, which are not kept. */
  hash: string | null;
}

/** Path → entry, for one root folder. */
type FileIndex = ReadonlyMap<string, IndexEntry>;

/** The manifest that `key` points to, or `undefined` when nobody has taken that snapshot yet. */
export async function findPointer(store: Store, key: string): Promise<string | undefined> {
  const file = pointerFile(store, key);
  const bytes = await store.disk.read(file);
  if (bytes === undefined) return undefined;
  const ref = new TextDecoder().decode(bytes).trim();
  if (/^[0-9a-f]{64}$/.test(ref)) return ref;
  throw new BraidError('BRAID_BLOB_CORRUPT', `${file} holds no reference to a manifest.`, {
    fix: `Delete ${file}; the snapshot is then taken anew.`,
  });
}

/** Lets `key` point to a manifest and returns the one it points to from now on (S1). */
export async function setPointer(store: Store, key: string, manifest: string): Promise<string> {
  if (await store.disk.create(pointerFile(store, key), `${manifest}\n`)) return manifest;
  return (await findPointer(store, key)) ?? manifest;
}

export async function readIndex(store: Store, root: string): Promise<FileIndex> {
  const bytes = await store.disk.read(indexFile(store, root));
  try {
    const parsed: unknown = bytes === undefined ? {} : JSON.parse(new TextDecoder().decode(bytes));
    if (!isJsonObject(parsed)) return new Map();
    return new Map(Object.entries(parsed).flatMap(([path, value]) => (isEntry(value) ? [[path, value]] : [])));
  } catch {
    return new Map();
  }
}

export async function writeIndex(store: Store, root: string, index: FileIndex): Promise<void> {
  await store.disk.write(indexFile(store, root), JSON.stringify(Object.fromEntries(index)));
}

function isEntry(value: unknown): value is IndexEntry {
  if (!isJsonObject(value)) return false;
  const { size, mtimeNs, ctimeNs, ino, kind, hash } = value;
  if (typeof size !== 'number' || [mtimeNs, ctimeNs, ino].some((text) => typeof text !== 'string')) return false;
  return kind === 'text' ? typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) : kind === 'binary' && hash === null;
}

/** Keys and roots may hold any character; hashes of them are file names everywhere. */
function pointerFile(store: Store, key: string): string {
  return store.disk.at('snapshots', hashText(key));
}

function indexFile(store: Store, root: string): string {
  return store.disk.at('index', `${hashText(root)}.json`);
}
