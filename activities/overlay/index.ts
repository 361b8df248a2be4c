/** The activities of changes: what an agent changed, and what several did together. */
import type { BraidActivities } from '../../protocol/activities.ts';
import type { Patch } from '../../protocol/overlay.ts';
import type { Store } from '../../store/blobs.ts';
import { openPatch, patchFiles } from '../../store/patches/text.ts';
import { working } from '../working.ts';
import { ensureSnapshot } from '../workspace/ensure.ts';
import { mergePatches } from './merge.ts';

export function createOverlayActivities({ store }: { store: Store }): Pick<BraidActivities, 'patch' | 'merge'> {
  return {
    patch: (_tag, { id, overlay, from }) =>
      working(async (signal): Promise<Patch | null> => {
        if (overlay === from) return null;
        const { files } = await openPatch(store, overlay);
        if (from === null && files.length === 0) return null;
        return { id, overlay, from, files: await patchFiles(store, files, signal) };
      }),
    merge: (_tag, request) =>
      working(async (signal, report) =>
        mergePatches(store, await ensureSnapshot(store, request.snapshot, signal, report), request, signal),
      ),
  };
}
