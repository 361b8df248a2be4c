/**
 * What a command changed in a folder that {@link materialise} made, as changes over the snapshot. Invariants:
 *
 *  C1  Only regular files come back; nothing is followed, opened or waited for that is a link or a special file.
 *  C2  What cannot come back is told (`refused`), and its file stays as it was.
 *  C3  What `.gitignore` names does not come back, unless the workspace holds it.
 *  C4  It is bounded before it is read: by file, in number and in all.
 *
 * Whoever could write into the folder must have ended before.
 */
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import path from 'node:path';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { OVERLAY, WORKSPACE } from '../../protocol/limits.ts';
import type { Overlay, OverlayEntry } from '../../protocol/overlay.ts';
import type { Store } from '../../store/blobs.ts';
import { hasCode } from '../../store/disk.ts';
import { rulesFor } from '../../store/ignore-rules.ts';
import { clashOver } from '../../store/overlaid.ts';
import { newPathProblem } from '../../store/overlay-paths.ts';
import { foldersAbove, isExecutable, ownMember, withChanges, type FileChange } from '../../store/overlays.ts';
import { keepBinary } from '../workspace/keep-binary.ts';
import { walk, type Found } from '../workspace/walk.ts';
import type { Materialised } from './materialise.ts';

interface Collecting {
  store: Store;
  made: Materialised;
  changes: FileChange[];
  refused: { path: string; why: string }[];
  /** Bytes that came back. */
  bytes: number;
}

export interface Collected {
  overlay: Overlay;
  /** Paths that are not what they were before. */
  changed: string[];
  refused: { path: string; why: string }[];
}

/** Errors: BRAID_OVERLAY_TOO_LARGE (C4), those of the store and of the file system; the signal's reason when it is aborted. */
export async function collect(options: {
  store: Store;
  /** The one that the folder was made with. */
  overlay: Overlay;
  made: Materialised;
  signal: AbortSignal;
}): Promise<Collected> {
  const { store, overlay, made, signal } = options;
  const state: Collecting = { store, made, changes: [], refused: [], bytes: 0 };
  const found = await filesIn(state, signal);
  const ignored = await ignoredOutside(made);
  const there = new Set<string>();
  for (const item of found) {
    signal.throwIfAborted();
    there.add(item.path);
    if (item.kind === 'file') await look(state, item.path, ignored);
    else if (item.kind === 'unreadable') refuse(state, item.path, 'it cannot be read');
    else if (made.links.get(item.path) !== item.target) refuse(state, item.path, 'it is a symbolic link');
  }
  for (const name of made.files.keys()) if (!there.has(name)) await gone(state, name);
  for (const name of made.links.keys()) if (!there.has(name)) refuse(state, name, 'symbolic links stay as they are');
  return finished(state, overlay);
}

async function filesIn(state: Collecting, signal: AbortSignal): Promise<Found[]> {
  const { folder, files, links } = state.made;
  try {
    return await walk({
      root: folder,
      skip: new Set(),
      limits: { ...WORKSPACE, files: files.size + links.size + OVERLAY.files },
      signal,
      onProgress: () => undefined,
      onSpecial: (name) => refuse(state, name, 'it is a device, a pipe or a socket'),
    });
  } catch (error) {
    if (isBraidError(error, 'BRAID_WORKSPACE_TOO_LARGE')) throw tooLarge(`more than ${OVERLAY.files} new files`);
    throw error;
  }
}

/** What the rules above the workspace ignore: the copy has only those of the workspace itself. */
async function ignoredOutside({ snapshot }: Materialised): Promise<(name: string) => boolean> {
  const rules = await rulesFor(snapshot.root);
  return (name) => rules.ignores(name, false) || foldersAbove(name).some((folder) => rules.ignores(folder, true));
}

/** A file that is there. */
async function look(state: Collecting, name: string, ignored: (name: string) => boolean): Promise<void> {
  const { made } = state;
  const before = made.files.get(name);
  const problem = before === undefined ? newProblem(made, name) : null;
  if (problem !== null) return refuse(state, name, problem);
  if (before === undefined && ignored(name)) return;
  const file = path.join(made.folder, name);
  const { ino, mtimeNs, size, mode } = await lstat(file, { bigint: true });
  const executable = isExecutable(Number(mode));
  const sameMode = before !== undefined && isExecutable(before.mode) === executable;
  // Not the change time: handing files over to another user sets it. What was written just before the command began is read.
  const old = made.at - Number(mtimeNs / 1_000_000n) > WORKSPACE.racyMs;
  if (sameMode && old && ino === before.ino && mtimeNs === before.mtimeNs && Number(size) === before.size) return;
  if (size > BigInt(OVERLAY.fileBytes)) return refuse(state, name, `it has more than ${OVERLAY.fileBytes} bytes`);
  const bytes = await readRegular(file);
  if (bytes === null) return refuse(state, name, 'it cannot be read');
  await cameBack(state, name, bytes, sameMode ? before.mode : executable ? 0o755 : 0o644);
}

/** What speaks against a file that was not there before (C2). */
function newProblem({ snapshot, leftOut }: Materialised, name: string): string | null {
  if (leftOut.has(name)) return 'another file of this name could not be copied';
  if (snapshot.entry(name) !== undefined) return 'it stands where a symbolic link was';
  const above = foldersAbove(name).find((folder) => snapshot.entry(folder)?.kind === 'symlink');
  return above === undefined ? newPathProblem(name) : 'it stands where a symbolic link was';
}

async function cameBack(state: Collecting, name: string, bytes: Uint8Array, mode: number): Promise<void> {
  const binary = bytes.subarray(0, WORKSPACE.sniffBytes).includes(0);
  state.bytes += bytes.byteLength;
  if (state.bytes > OVERLAY.bytes) throw tooLarge(`more than ${OVERLAY.bytes.toLocaleString('en')} bytes`);
  const { store } = state;
  const entry: OverlayEntry = { hash: await store.put(bytes), size: bytes.byteLength, mode, binary };
  await change(state, name, entry);
}

/** C3: a file that is ignored now is still there. */
async function gone(state: Collecting, name: string): Promise<void> {
  const { folder } = state.made;
  if (await leadsThroughLink(folder, name)) return refuse(state, name, 'a folder above it is a link now');
  try {
    const stat = await lstat(path.join(folder, name));
    if (!stat.isFile()) {
      if (stat.isDirectory()) return await change(state, name, null);
      return refuseOnce(state, name, 'it is no regular file any more');
    }
    await look(state, name, () => false);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) return refuse(state, name, 'it cannot be read');
    await change(state, name, null);
  }
}

async function leadsThroughLink(folder: string, name: string): Promise<boolean> {
  for (const above of foldersAbove(name)) {
    const stat = await lstat(path.join(folder, above)).catch(() => null);
    if (stat === null) return false;
    if (stat.isSymbolicLink()) return true;
  }
  return false;
}

/** Takes a change, with what it replaces when only the folder of the workspace has that. */
async function change(state: Collecting, name: string, entry: OverlayEntry | null): Promise<void> {
  const { base, overlay } = state.made.snapshot;
  const listed = base.entry(name)?.kind === 'binary' && ownMember(overlay.kept, name) === undefined;
  if (!listed) return void state.changes.push({ path: name, entry });
  const kept = await keepBinary(state.store, base, name);
  if (kept === null) return refuse(state, name, 'it is binary, and no longer what it was when the run began');
  state.changes.push({ path: name, entry, kept });
}

function finished({ made, changes, refused }: Collecting, before: Overlay): Collected {
  const { manifest } = made.snapshot.base;
  let overlay = withChanges(before, manifest, changes);
  for (let clash = clashOver(manifest, overlay); clash !== null; clash = clashOver(manifest, overlay)) {
    const top = clash;
    const inWay = changes.filter(
      ({ path: name }) => !manifest.entries.has(name) && (name === top || name.startsWith(`${top}/`)),
    );
    for (const { path: name } of inWay) refused.push({ path: name, why: 'a file and a folder would have one name' });
    overlay = withChanges(
      overlay,
      manifest,
      inWay.map(({ path: name }) => ({ path: name, entry: ownMember(before.changes, name) ?? null })),
    );
    if (inWay.length === 0) break;
  }
  const changed = changes
    .map(({ path: name }) => name)
    .filter(
      (name) => JSON.stringify(ownMember(overlay.changes, name)) !== JSON.stringify(ownMember(before.changes, name)),
    );
  return { overlay, changed: changed.sort(), refused };
}

/** C1: it may have been replaced since it was listed. */
async function readRegular(file: string): Promise<Uint8Array | null> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (handle === null) return null;
  try {
    const stat = await handle.stat();
    return stat.isFile() && stat.size <= OVERLAY.fileBytes ? await handle.readFile() : null;
  } finally {
    await handle.close();
  }
}

function refuse(state: Collecting, name: string, why: string): void {
  state.refused.push({ path: name, why });
}

/** The walk may have told it. */
function refuseOnce(state: Collecting, name: string, why: string): void {
  if (!state.refused.some((item) => item.path === name)) refuse(state, name, why);
}

function tooLarge(what: string): BraidError {
  return new BraidError('BRAID_OVERLAY_TOO_LARGE', `A command left ${what}; none of its changes were kept.`);
}
