/** A workspace as it is with changes over it, file by file: what tools read, what a patch compares. */
import type { Overlay, OverlayEntry } from '../protocol/overlay.ts';
import { foldersAbove, ownMember } from './overlays.ts';
import type { Entry, Manifest } from './workspace-manifest.ts';

/** One side of a change. `hash` is null where the store has no content: a binary file of the snapshot, a link, a file too large. */
export interface FileState {
  kind: Entry['kind'];
  hash: string | null;
  size: number;
  mode: number;
  binary: boolean;
  /** Of a symbolic link. */
  target: string | null;
}

export interface ChangedFile {
  path: string;
  before: FileState | null;
  after: FileState | null;
}

/** The entries of a snapshot with an overlay over it, in order of UTF-16 units. */
export function overlaidEntries(manifest: Manifest, overlay: Overlay): ReadonlyMap<string, Entry> {
  const entries = new Map(manifest.entries);
  let added = false;
  for (const [path, change] of Object.entries(overlay.changes)) {
    if (change === null) entries.delete(path);
    else {
      added ||= !entries.has(path);
      entries.set(path, entryOf(change));
    }
  }
  return added ? new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1))) : entries;
}

/** A path that would be a file and a folder at once if the overlay lay over this snapshot, or null. */
export function clashOver(manifest: Manifest, overlay: Overlay): string | null {
  const { changes } = overlay;
  const added = new Set(Object.keys(changes).filter((path) => changes[path] !== null && !manifest.entries.has(path)));
  if (added.size === 0) return null;
  for (const path of overlaidEntries(manifest, overlay).keys()) {
    const clash = foldersAbove(path).find(
      (folder) => added.has(folder) || (added.has(path) && isFile(manifest, overlay, folder)),
    );
    if (clash !== undefined) return clash;
  }
  return null;
}

function isFile(manifest: Manifest, overlay: Overlay, path: string): boolean {
  return stateAt(manifest, overlay, path) !== null;
}

/** What an overlay changes, by path. What was changed back to what the snapshot has is not there. */
export function changedFiles(manifest: Manifest, overlay: Overlay): ChangedFile[] {
  return Object.keys(overlay.changes)
    .sort()
    .map((path) => ({ path, before: stateAt(manifest, null, path, overlay), after: stateAt(manifest, overlay, path) }))
    .filter(({ before, after }) => before !== null || after !== null);
}

/** A file of a snapshot with `overlay` over it; null when there is none. What the snapshot does not keep may be known from `kept` of `known`. */
export function stateAt(
  manifest: Manifest,
  overlay: Overlay | null,
  path: string,
  known: Overlay | null = overlay,
): FileState | null {
  const change = ownMember(overlay?.changes, path);
  if (change !== undefined)
    return change === null ? null : { ...entryOf(change), hash: change.hash, binary: change.binary };
  const entry = manifest.entries.get(path);
  if (entry === undefined) return null;
  const kept = entry.kind === 'binary' ? ownMember(known?.kept, path) : undefined;
  return { ...entry, hash: entry.hash ?? kept?.hash ?? null, binary: entry.kind === 'binary' };
}

/** The file or link that stands where a folder of `path` would have to be, or null. */
export function fileAbove(entries: ReadonlyMap<string, Entry>, path: string): string | null {
  return foldersAbove(path).find((folder) => entries.has(folder)) ?? null;
}

function entryOf(change: OverlayEntry): Entry {
  const { binary, size, mode, hash } = change;
  return { kind: binary ? 'binary' : 'text', size, mode, hash: binary ? null : hash, target: null };
}
