import { BraidError } from '../../protocol/errors.ts';
import type { Overlay } from '../../protocol/overlay.ts';
import { changedFiles, clashOver, overlaidEntries } from '../../store/overlaid.ts';
import { patchOf } from '../../store/patches/text.ts';
import { Snapshot } from './snapshot.ts';

/** A snapshot seen through changes: whatever reads snapshots reads it like any other. */
export class OverlaidSnapshot extends Snapshot {
  readonly base: Snapshot;
  readonly overlay: Overlay;

  constructor(base: Snapshot, overlay: Overlay) {
    super(base.store, base.root, base.hash, { ...base.manifest, entries: overlaidEntries(base.manifest, overlay) });
    this.base = base;
    this.overlay = overlay;
  }

  override async changes(signal: AbortSignal): Promise<string> {
    const files = changedFiles(this.base.manifest, this.overlay);
    return new TextDecoder().decode(await patchOf(this.store, files, signal));
  }
}

/** {@link OverlaidSnapshot}. Errors: BRAID_BLOB_CORRUPT when the changes cannot lie over this snapshot. */
export function overlaid(base: Snapshot, overlay: Overlay): OverlaidSnapshot {
  const clash = clashOver(base.manifest, overlay);
  if (clash === null) return new OverlaidSnapshot(base, overlay);
  throw new BraidError(
    'BRAID_BLOB_CORRUPT',
    `Changes make ${JSON.stringify(clash)} a file and a folder over the snapshot ${base.hash}.`,
    { fix: 'Merge them onto this snapshot first: merge([patch]).' },
  );
}
