/**
 * Overlays in the store. Invariants:
 *
 *  O1  The same changes over the same snapshot are the same text, so the same hash, in whatever order they were made.
 *  O2  What is read is checked: no path leads out of the workspace, and no file lies where a folder must be.
 *  O3  An entry that is what the snapshot has is no change and is left out.
 *  O4  An overlay is bounded ({@link OVERLAY}) whoever writes it.
 */
import { BraidError } from '../protocol/errors.ts';
import { isHash } from '../protocol/hash.ts';
import { isJsonObject, parseJsonObject, type Json, type JsonObject } from '../protocol/json.ts';
import { OVERLAY } from '../protocol/limits.ts';
import type { Overlay, OverlayEntry, OverlayRef } from '../protocol/overlay.ts';
import type { Store } from './blobs.ts';
import { pathProblem } from './overlay-paths.ts';
import type { Entry, Manifest } from './workspace-manifest.ts';

export function emptyOverlay(snapshot: string): Overlay {
  return { version: 1, snapshot, changes: {} };
}

/** Errors: BRAID_BLOB_MISSING; BRAID_BLOB_CORRUPT when the blob is no overlay (O2); BRAID_STORE. */
export async function readOverlay(store: Store, ref: OverlayRef): Promise<Overlay> {
  const bytes = await store.get(ref);
  const value = bytes.byteLength > OVERLAY.textBytes ? null : parseJsonObject(new TextDecoder().decode(bytes));
  const { version, snapshot, changes, kept } = value ?? {};
  if (version !== 1 || !isHash(snapshot) || !isJsonObject(changes)) throw noOverlay(ref, 'it has another form');
  const overlay: Overlay = { version, snapshot, changes: parseChanges(changes, ref) };
  if (kept !== undefined) overlay.kept = parseKept(kept, ref);
  const clash = clashIn(overlay.changes);
  if (clash !== null) throw noOverlay(ref, `${JSON.stringify(clash)} is a file and a folder`);
  return overlay;
}

/** Errors: BRAID_OVERLAY_TOO_LARGE (O4), BRAID_STORE. */
export async function writeOverlay(store: Store, overlay: Overlay): Promise<OverlayRef> {
  const files = Object.values(overlay.changes);
  const bytes = files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
  const text = overlayText(overlay);
  if (files.length > OVERLAY.files || bytes > OVERLAY.bytes || Buffer.byteLength(text) > OVERLAY.textBytes) {
    const [count, size] = [files.length, bytes].map((n) => n.toLocaleString('en'));
    throw new BraidError(
      'BRAID_OVERLAY_TOO_LARGE',
      `The changes would be ${count} files with ${size} bytes; at most ${OVERLAY.files.toLocaleString('en')} files and ${OVERLAY.bytes.toLocaleString('en')} bytes are kept.`,
    );
  }
  return store.put(text);
}

/** O1. `snapshot` stands in front: reachable.ts knows overlays by how they begin. */
function overlayText({ version, snapshot, changes, kept = {} }: Overlay): string {
  const sorted = (entries: Overlay['changes']) =>
    Object.fromEntries(
      Object.keys(entries)
        .sort()
        .map((path) => [path, plain(entries[path] ?? null)]),
    );
  // An object puts keys that look like numbers first, whatever their order was: the same for the same set of paths.
  const known = Object.keys(kept).length === 0 ? {} : { kept: sorted(kept) };
  return JSON.stringify({ version, snapshot, changes: sorted(changes), ...known });
}

function plain(entry: OverlayEntry | null): OverlayEntry | null {
  return entry === null ? null : { hash: entry.hash, size: entry.size, mode: entry.mode, binary: entry.binary };
}

function parseChanges(changes: JsonObject, ref: OverlayRef): Overlay['changes'] {
  const entries = Object.entries(changes).map(([path, value]): [string, OverlayEntry | null] => {
    const problem = pathProblem(path);
    if (problem !== null) throw noOverlay(ref, `${JSON.stringify(path.slice(0, 200))} is no path: ${problem}`);
    return [path, value === null ? null : parseEntry(value, path, ref)];
  });
  return ownEntries(entries);
}

function parseKept(kept: Json, ref: OverlayRef): { [path: string]: OverlayEntry } {
  if (!isJsonObject(kept)) throw noOverlay(ref, 'it has another form');
  return ownEntries(Object.entries(kept).map(([path, value]) => [path, parseEntry(value, path, ref)]));
}

/** `Object.fromEntries` defines members, so a path `__proto__` is one like any other. */
function ownEntries<T>(entries: [string, T][]): { [path: string]: T } {
  return Object.fromEntries(entries);
}

function parseEntry(value: Json, path: string, ref: OverlayRef): OverlayEntry {
  const { hash, size, mode, binary } = isJsonObject(value) ? value : {};
  if (!isHash(hash) || !isCount(size, OVERLAY.bytes) || !isCount(mode, 0o777) || typeof binary !== 'boolean') {
    throw noOverlay(ref, `its entry for ${JSON.stringify(path.slice(0, 200))} is none`);
  }
  return { hash, size, mode, binary };
}

/** A path that is a file here and a folder of another file, or null. */
function clashIn(changes: Overlay['changes']): string | null {
  const files = new Set(Object.keys(changes).filter((path) => changes[path] !== null));
  for (const path of files) {
    for (const folder of foldersAbove(path)) if (files.has(folder)) return folder;
  }
  return null;
}

/** `a`, `a/b` of `a/b/c`. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) folders.push(path.slice(0, at));
  return folders;
}

export interface FileChange {
  path: string;
  /** Null deletes. */
  entry: OverlayEntry | null;
  /** What a binary file of the snapshot held, for those that are replaced or deleted. */
  kept?: OverlayEntry;
}

/** `overlay` with more changes, the later ones over the earlier (O3). */
export function withChanges(overlay: Overlay, manifest: Manifest, more: readonly FileChange[]): Overlay {
  const changes = new Map(Object.entries(overlay.changes));
  const known = new Map(Object.entries(overlay.kept ?? {}));
  for (const { path, entry, kept } of more) {
    const base = manifest.entries.get(path);
    if (kept !== undefined && base?.kind === 'binary') known.set(path, kept);
    if (sameAsBase(base, entry, known.get(path))) changes.delete(path);
    else changes.set(path, entry);
  }
  const kept = [...known].filter(([path]) => changes.has(path));
  const { version, snapshot } = overlay;
  return {
    version,
    snapshot,
    changes: ownEntries([...changes]),
    ...(kept.length === 0 ? {} : { kept: ownEntries(kept) }),
  };
}

function sameAsBase(base: Entry | undefined, entry: OverlayEntry | null, kept: OverlayEntry | undefined): boolean {
  if (base === undefined || entry === null) return base === undefined && entry === null;
  const hash = base.kind === 'binary' ? kept?.hash : base.hash;
  return hash === entry.hash && isExecutable(base.mode) === isExecutable(entry.mode);
}

export function isExecutable(mode: number): boolean {
  return (mode & 0o100) !== 0;
}

/** The value of an own member: paths are names like `constructor`, too. */
export function ownMember<T>(of: { [path: string]: T } | undefined, path: string): T | undefined {
  return of !== undefined && Object.hasOwn(of, path) ? of[path] : undefined;
}

function isCount(value: Json | undefined, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max;
}

function noOverlay(ref: OverlayRef, why: string): BraidError {
  return new BraidError('BRAID_BLOB_CORRUPT', `Blob ${ref} is no overlay of version 1: ${why}.`, {
    fix: 'Use a patch that a run of this store gave.',
  });
}
