/** What a snapshot of a workspace is made of, and its text in the store. The same folder content gives the same text. */
import { BraidError } from '../protocol/errors.ts';
import { isJsonObject, parseJsonObject, type Json } from '../protocol/json.ts';
import type { Store } from './blobs.ts';

const KINDS = ['text', 'binary', 'huge', 'symlink', 'unreadable'] as const;

/** Only `text` is kept and can be read; the others are listed, so that nobody wonders where a file went. */
type EntryKind = (typeof KINDS)[number];

export interface Entry {
  kind: EntryKind;
  /** Bytes. */
  size: number;
  /** Permission bits. */
  mode: number;
  /** Ref of a text's content; null for all other kinds. */
  hash: string | null;
  /** Where a symbolic link points, as it is written there. */
  target: string | null;
}

export interface Manifest {
  /** Null when the folder is in no git work tree that git can read; `head` is null before the first commit. */
  git: { head: string | null } | null;
  /** `--base`: the revision as named, its commit, and the ref of the diff's text. */
  base: { revision: string; commit: string; diff: string } | null;
  /** Path relative to the root, `/`-separated → entry; in order of UTF-16 units. */
  entries: ReadonlyMap<string, Entry>;
}

export function manifestText(manifest: Manifest): string {
  const entries = [...manifest.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({
    version: 1,
    git: manifest.git,
    base: manifest.base,
    entries: entries.map(([path, { kind, size, mode, hash, target }]) => [path, kind, size, mode, hash ?? target]),
  });
}

/** Errors: those of the store, BRAID_BLOB_CORRUPT. */
export async function loadManifest(store: Store, ref: string): Promise<Manifest> {
  return parseManifest(await store.getText(ref), ref);
}

/** Errors: BRAID_BLOB_CORRUPT when the text is no manifest that this version can read. */
export function parseManifest(text: string, ref: string): Manifest {
  const value = parseJsonObject(text);
  if (value === null || value['version'] !== 1 || !Array.isArray(value['entries'])) throw unknownManifest(ref);
  const git = value['git'];
  return {
    git: isJsonObject(git) ? { head: textOrNull(git['head']) } : null,
    base: parseBase(value['base'], ref),
    entries: new Map(value['entries'].map((entry) => parseEntry(entry, ref))),
  };
}

function parseBase(value: Json | undefined, ref: string): Manifest['base'] {
  if (!isJsonObject(value)) return null;
  const { revision, commit, diff } = value;
  if (typeof revision === 'string' && typeof commit === 'string' && typeof diff === 'string')
    return { revision, commit, diff };
  throw unknownManifest(ref);
}

function parseEntry(value: Json, ref: string): [string, Entry] {
  if (!Array.isArray(value)) throw unknownManifest(ref);
  const [path, kind, size, mode, last] = value;
  const known = KINDS.find((name) => name === kind);
  if (typeof path !== 'string' || known === undefined || typeof size !== 'number' || typeof mode !== 'number') {
    throw unknownManifest(ref);
  }
  const text = textOrNull(last);
  return [
    path,
    { kind: known, size, mode, hash: known === 'text' ? text : null, target: known === 'symlink' ? text : null },
  ];
}

function textOrNull(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function unknownManifest(ref: string): BraidError {
  return new BraidError('BRAID_BLOB_CORRUPT', `Blob ${ref} is no snapshot manifest of version 1.`, {
    fix: 'Use the Braid version that started the run, or start the run again.',
  });
}
