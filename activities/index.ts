/** All activities of a worker, over one store. */
import type { BraidActivities, BraidLocalActivities } from '../protocol/activities.ts';
import type { Store } from '../store/blobs.ts';
import { openCallRecords } from '../store/call-records.ts';
import { createModelActivity } from './model/model-activity.ts';
import { createLoadScript } from './scripts/load-script.ts';
import { createToolActivity, TOOLS } from './tools/index.ts';
import { createSnapshotActivity } from './workspace/index.ts';

export interface ActivitySettings {
  store: Store;
  env: NodeJS.ProcessEnv;
}

export function createActivities({ store, env }: ActivitySettings): BraidActivities & BraidLocalActivities {
  return {
    model: createModelActivity({ records: openCallRecords(store), toolSpecs: TOOLS, env }),
    tool: createToolActivity({ store }),
    snapshot: createSnapshotActivity({ store }),
    loadScript: createLoadScript(),
    note: (tag) => Promise.resolve(tag.notes ?? []),
  };
}
