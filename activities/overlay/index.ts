/** The activities of changes: what an agent changed, and what several did together. */
import { Context } from '@temporalio/activity';
import type { BraidActivities } from '../../protocol/activities.ts';
import type { Patch } from '../../protocol/overlay.ts';
import type { Store } from '../../store/blobs.ts';
import { openPatch, patchFiles } from '../../store/patches/text.ts';
import { toFailure } from '../failures.ts';
import { beating } from '../heartbeat.ts';
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

async function working<T>(work: (signal: AbortSignal, report: (details: unknown) => void) => Promise<T>): Promise<T> {
  try {
    const { cancellationSignal } = Context.current();
    return await beating((report) => work(cancellationSignal, report));
  } catch (error) {
    throw toFailure(error);
  }
}
