import type { BraidActivities } from '../../protocol/activities.ts';
import type { Store } from '../../store/blobs.ts';
import { working } from '../working.ts';
import { ensureSnapshot } from './ensure.ts';

/** The `snapshot` activity: takes a run's snapshot, or says what it is when it has been taken. */
export function createSnapshotActivity({ store }: { store: Store }): BraidActivities['snapshot'] {
  return async (_tag, key) => {
    const started = Date.now();
    return working(async (signal, report) => {
      const { manifest, bytes, hash } = await ensureSnapshot(store, key, signal, report);
      return { files: manifest.entries.size, bytes, hash, ms: Date.now() - started };
    });
  };
}
