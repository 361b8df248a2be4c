/**
 * Changes over a run's snapshot. An overlay is a blob: path → new content, or null for a deleted file. It is named by its hash, so a
 * tool that is run again from the same overlay gives the same one, and a workflow carries 64 characters whatever was changed.
 */
import { isHash } from './hash.ts';
import type { Json } from './json.ts';

/** Hash of an {@link Overlay}'s text in the store. */
export type OverlayRef = string;

export interface OverlayEntry {
  /** Blob of the content. */
  hash: string;
  /** Bytes. */
  size: number;
  /** Permission bits; only the executable ones matter to a patch. */
  mode: number;
  /** Not text: it can be written by `bash`, not read or merged by lines. */
  binary: boolean;
}

export interface Overlay {
  version: 1;
  /** Hash of the snapshot's manifest that it lies over. */
  snapshot: string;
  /** In order of UTF-16 units, so that the same changes are the same blob. Null: deleted. */
  changes: { [path: string]: OverlayEntry | null };
  /** What binary files of the snapshot held before a change replaced them: a snapshot lists those, it does not keep them. */
  kept?: { [path: string]: OverlayEntry };
}

/** What an agent or a merge changed, small enough to be a value of a script; contents stay in the store. */
export interface Patch {
  /** Whose it is: an agent's address, or `merge:N`. */
  id: string;
  overlay: OverlayRef;
  /** The overlay that the work began on; null: the bare snapshot. */
  from: OverlayRef | null;
  /** What differs from the bare snapshot. */
  files: PatchFile[];
}

export interface PatchFile {
  path: string;
  kind: 'added' | 'changed' | 'deleted';
  /** Lines; null for binary content. */
  added: number | null;
  removed: number | null;
}

/** Two patches want different things of one place. */
export interface Conflict {
  path: string;
  kind: 'content' | 'delete' | 'add' | 'binary';
  /** Ids of the patches; `theirs` is the one that was left out at this file. */
  ours: string;
  theirs: string;
  /** Of kind `content`: each place, with its first line in `ours`. */
  hunks: { line: number; base: string; ours: string; theirs: string }[];
}

/** What `merge(patches)` gives a script. A file in conflict keeps the content of the earlier patch. */
export interface MergeResult {
  patch: Patch;
  conflicts: Conflict[];
}

/** A patch that came back through a guest: null when it is none. The hashes are checked against the store by whoever opens them. */
export function parsePatch(value: Json | undefined): Patch | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { id, overlay, from, files } = value;
  if (typeof id !== 'string' || !isHash(overlay) || !(from === null || isHash(from)) || !Array.isArray(files))
    return null;
  const parsed = files.map(parseFile);
  return parsed.every((file) => file !== null) ? { id: id.slice(0, 200), overlay, from, files: parsed } : null;
}

function parseFile(value: Json): PatchFile | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { path, kind, added = null, removed = null } = value;
  if (typeof path !== 'string' || (kind !== 'added' && kind !== 'changed' && kind !== 'deleted')) return null;
  const lines = (n: Json): n is number | null => n === null || typeof n === 'number';
  return lines(added) && lines(removed) ? { path, kind, added, removed } : null;
}
