import { OVERLAY } from '../../protocol/limits.ts';
import type { Overlay, OverlayRef } from '../../protocol/overlay.ts';
import { createLimiter } from '../../store/limiter.ts';
import { changedFiles, stateAt } from '../../store/overlaid.ts';
import { emptyOverlay, ownMember, readOverlay, withChanges, type FileChange } from '../../store/overlays.ts';
import { loadManifest } from '../../store/workspace-manifest.ts';
import type { Snapshot } from '../workspace/snapshot.ts';
import { mergeFile } from './merge-file.ts';
import { Places } from './places.ts';

/**
 * The overlay of this name over `base`. One that was made over an older snapshot, by an agent that a resumed run did not ask again, keeps
 * its name for the run; what changed underneath since then is merged into its files where it is read. Where both changed one place, the file
 * is as the overlay has it; a file for which there is no place any more is left out. Errors: those of the store, BRAID_BLOB_CORRUPT, BRAID_GIT.
 */
export async function carriedOver(base: Snapshot, ref: OverlayRef): Promise<Overlay> {
  const { store, manifest, hash } = base;
  const overlay = await readOverlay(store, ref);
  if (overlay.snapshot === hash) return overlay;
  const older = await loadManifest(store, overlay.snapshot);
  const limit = createLimiter(OVERLAY.parallelMerges);
  const files = await Promise.all(
    changedFiles(older, overlay).map(({ path, before, after }) =>
      limit(async () => {
        const ours = stateAt(manifest, null, path, overlay);
        const verdict = await mergeFile(store, { base: before, ours, theirs: after });
        return {
          path,
          isNew: ours === null,
          after: verdict.kind === 'ours' ? ours : verdict.kind === 'take' ? verdict.state : after,
        };
      }),
    ),
  );
  const places = new Places(manifest, emptyOverlay(hash));
  for (const { path, after } of files) if (after === null) places.set(path, false);
  const changes: FileChange[] = [];
  for (const { path, after, isNew } of files) {
    if (after !== null && (after.hash === null || (isNew && places.clash(path) !== null))) continue;
    const kept = ownMember(overlay.kept, path);
    const entry =
      after?.hash == null ? null : { hash: after.hash, size: after.size, mode: after.mode, binary: after.binary };
    changes.push({ path, entry, ...(kept === undefined ? {} : { kept }) });
    places.set(path, after !== null);
  }
  return withChanges(emptyOverlay(hash), manifest, changes);
}
