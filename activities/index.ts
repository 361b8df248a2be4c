/** All activities of a worker, over one store. */
import type { BraidActivities, BraidLocalActivities } from '../protocol/activities.ts';
import type { Store } from '../store/blobs.ts';
import { openCallRecords } from '../store/call-records.ts';
import { createOpenContext } from './contexts/open-context.ts';
import { createModelActivity } from './model/model-activity.ts';
import { RUN_TOOL } from './repl/run-tool.ts';
import type { Sessions } from './repl/sessions.ts';
import { createReplStep } from './repl/step.ts';
import { createLoadScript } from './scripts/load-script.ts';
import { createToolActivity, TOOLS } from './tools/index.ts';
import { createUserTool } from './user-tools/user-tool.ts';
import { createSnapshotActivity } from './workspace/index.ts';

export interface ActivitySettings {
  store: Store;
  env: NodeJS.ProcessEnv;
  /** REPL sessions of this process, and the task queue on which they are reached. */
  sessions: Sessions;
  queue: string;
}

export function createActivities({
  store,
  env,
  sessions,
  queue,
}: ActivitySettings): BraidActivities & BraidLocalActivities {
  return {
    model: createModelActivity({
      readText: sessions.readText,
      records: openCallRecords(store),
      toolSpecs: { ...TOOLS, run: RUN_TOOL },
      env,
    }),
    tool: createToolActivity({ store }),
    snapshot: createSnapshotActivity({ store }),
    loadScript: createLoadScript(),
    openContext: createOpenContext({ store }),
    replStep: createReplStep({ sessions, queue }),
    userTool: createUserTool(),
    note: (tag) => Promise.resolve(tag.notes ?? []),
  };
}
