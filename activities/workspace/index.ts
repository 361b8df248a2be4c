import { Context } from '@temporalio/activity';
import type { BraidActivities } from '../../protocol/activities.ts';
import type { Store } from '../../store/blobs.ts';
import { toFailure } from '../failures.ts';
import { beating } from '../heartbeat.ts';
import { ensureSnapshot } from './ensure.ts';

/** The `snapshot` activity: takes a run's snapshot, or says what it is when it has been taken. */
export function createSnapshotActivity({ store }: { store: Store }): BraidActivities['snapshot'] {
  return async (_tag, key) => {
    const started = Date.now();
    try {
      const { cancellationSignal } = Context.current();
      return await beating(async (report) => {
        const { manifest, bytes, hash } = await ensureSnapshot(store, key, cancellationSignal, report);
        return { files: manifest.entries.size, bytes, hash, ms: Date.now() - started };
      });
    } catch (error) {
      throw toFailure(error);
    }
  };
}
