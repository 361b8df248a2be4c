/**
 * Patches, one laid onto the other. Invariants:
 *
 *  M1  The earlier patch stays: where two want different things, the file is as the earlier one has it, whole, and that is told.
 *  M2  A patch's own work is what differs from the overlay that it began on, when the merge holds that one; else all that differs from its
 *      snapshot. So work on top of other work conflicts with neither, and a patch that is held already changes nothing.
 *  M3  A patch over another snapshot is carried over to this one: what changed underneath counts as changed by an earlier patch.
 *  M4  The result can lie over the snapshot: no file where a folder is.
 */
import type { MergeRequest } from '../../protocol/activities.ts';
import { OVERLAY } from '../../protocol/limits.ts';
import type { Conflict, MergeResult, Overlay, OverlayRef, Patch } from '../../protocol/overlay.ts';
import type { Store } from '../../store/blobs.ts';
import { createLimiter } from '../../store/limiter.ts';
import { changedFiles, stateAt } from '../../store/overlaid.ts';
import {
  emptyOverlay,
  ownMember,
  readOverlay,
  withChanges,
  writeOverlay,
  type FileChange,
} from '../../store/overlays.ts';
import { openPatch, patchFiles } from '../../store/patches/text.ts';
import type { Manifest } from '../../store/workspace-manifest.ts';
import { mergeFile, type FileVersions, type Verdict } from './merge-file.ts';
import { Places } from './places.ts';

/** The conflicts of a patch with the workspace itself (M3) name this as `ours`. */
const WORKSPACE_ID = 'workspace';

interface Merged {
  overlay: Overlay;
  /** Who changed a path last. */
  owners: Map<string, string>;
  /** Overlays that are part of it. */
  held: Set<OverlayRef>;
  conflicts: Conflict[];
}

/** Onto the snapshot `hash`. Errors: those of the store, BRAID_BLOB_CORRUPT, BRAID_OVERLAY_TOO_LARGE, BRAID_GIT. */
export async function mergePatches(
  store: Store,
  { hash, manifest }: { hash: string; manifest: Manifest },
  { id, patches, includes = [] }: Pick<MergeRequest, 'id' | 'patches' | 'includes'>,
  signal: AbortSignal,
): Promise<MergeResult> {
  const merged: Merged = { overlay: emptyOverlay(hash), owners: new Map(), held: new Set(), conflicts: [] };
  for (const [i, patch] of patches.entries()) {
    await lay(store, manifest, merged, patch, signal);
    // Who works on `merge(a, b)` begins on just this.
    merged.held.add(await writeOverlay(store, merged.overlay));
    if (i === 0) for (const ref of includes) merged.held.add(ref);
  }
  const overlay = await writeOverlay(store, merged.overlay);
  const files = await patchFiles(store, changedFiles(manifest, merged.overlay), signal);
  return { patch: { id, overlay, from: null, files }, conflicts: merged.conflicts.slice(0, OVERLAY.conflicts) };
}

async function lay(store: Store, manifest: Manifest, merged: Merged, patch: Patch, signal: AbortSignal): Promise<void> {
  const { held } = merged;
  if (held.has(patch.overlay)) return;
  const theirs = await openPatch(store, patch.overlay);
  const from = patch.from !== null && held.has(patch.from) ? await readOverlay(store, patch.from) : null;
  const paths = new Set([...Object.keys(theirs.overlay.changes), ...Object.keys(from?.changes ?? {})]);
  const limit = createLimiter(OVERLAY.parallelMerges);
  const verdicts = await Promise.all(
    [...paths].sort().map((path) =>
      limit(async (): Promise<[string, FileVersions, Verdict]> => {
        signal.throwIfAborted();
        const versions = {
          base: stateAt(theirs.manifest, from, path, theirs.overlay),
          ours: stateAt(manifest, merged.overlay, path, theirs.overlay),
          theirs: stateAt(theirs.manifest, theirs.overlay, path),
        };
        return [path, versions, await mergeFile(store, versions, signal)];
      }),
    ),
  );
  settle(manifest, merged, patch, theirs.overlay, verdicts);
  held.add(patch.overlay);
  if (patch.from !== null) held.add(patch.from);
}

/** M4: what goes makes room for what comes. */
function settle(
  manifest: Manifest,
  merged: Merged,
  patch: Patch,
  theirs: Overlay,
  verdicts: readonly [string, FileVersions, Verdict][],
): void {
  const { owners, conflicts } = merged;
  const places = new Places(manifest, merged.overlay);
  const changes: FileChange[] = [];
  const take = (path: string, state: FileVersions['theirs']) => {
    const kept = ownMember(theirs.kept, path);
    const entry =
      state?.hash == null ? null : { hash: state.hash, size: state.size, mode: state.mode, binary: state.binary };
    changes.push({ path, entry, ...(kept === undefined ? {} : { kept }) });
    places.set(path, state !== null);
    owners.set(path, patch.id);
  };
  const tell = (path: string, at: string, kind: Conflict['kind'], hunks: Conflict['hunks'] = []) =>
    conflicts.push({ path, kind, ours: owners.get(at) ?? WORKSPACE_ID, theirs: patch.id, hunks });
  const going = verdicts.filter(([, , verdict]) => verdict.kind === 'take' && verdict.state === null);
  for (const [path] of going) take(path, null);
  for (const [path, { ours }, verdict] of verdicts) {
    if (verdict.kind === 'conflict') tell(path, path, verdict.of, verdict.hunks);
    if (verdict.kind !== 'take' || verdict.state === null) continue;
    const clash = ours === null ? places.clash(path) : null;
    if (clash === null) take(path, verdict.state);
    else tell(path, clash, 'add');
  }
  merged.overlay = withChanges(merged.overlay, manifest, changes);
}
