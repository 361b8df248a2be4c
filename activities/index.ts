/** All activities of a worker, over one store. */
import { Context } from '@temporalio/activity';
import type { BraidActivities, BraidLocalActivities } from '../protocol/activities.ts';
import type { BatchActivities } from '../protocol/batch.ts';
import type { Store } from '../store/blobs.ts';
import { openCallLogs } from '../store/call-records.ts';
import { createBatchActivities } from './batch/index.ts';
import { createOpenContext } from './contexts/open-context.ts';
import { ASKING_TOOLS } from './delegate/specs.ts';
import { BASH_TOOL } from './effects/bash.ts';
import { createEffectActivities } from './effects/index.ts';
import { createJournalActivities } from './journal/index.ts';
import { createModelActivity } from './model/model-activity.ts';
import { RUN_TOOL } from './repl/run-tool.ts';
import type { Sessions } from './repl/sessions.ts';
import { createReplStep } from './repl/step.ts';
import { createOverlayActivities } from './overlay/index.ts';
import { createPrices } from './prices/prices.ts';
import { createCheckPlan } from './scripts/check-plan.ts';
import { createLoadScript } from './scripts/load-script.ts';
import { createSavedWorkflows } from './scripts/saved-workflows.ts';
import { createToolActivity, TOOLS } from './tools/index.ts';
import { createUserTool } from './user-tools/user-tool.ts';
import { createSnapshotActivity } from './workspace/index.ts';

export interface ActivitySettings {
  store: Store;
  env: NodeJS.ProcessEnv;
  /** REPL sessions of this process, and the task queue on which they are reached. */
  sessions: Sessions;
  queue: string;
  /** Whether the worker takes along what its workflow tasks ask for. */
  near: boolean;
}

export function createActivities({
  store,
  env,
  sessions,
  queue,
  near,
}: ActivitySettings): BraidActivities & BatchActivities & BraidLocalActivities {
  return {
    model: createModelActivity({
      readText: sessions.readText,
      logs: openCallLogs(store),
      toolSpecs: { ...TOOLS, ...ASKING_TOOLS, bash: BASH_TOOL, run: RUN_TOOL },
      env,
    }),
    tool: createToolActivity({ store }),
    snapshot: createSnapshotActivity({ store }),
    loadScript: createLoadScript(),
    savedWorkflows: createSavedWorkflows(),
    checkPlan: createCheckPlan(),
    openContext: createOpenContext({ store }),
    replStep: createReplStep({ sessions, queue, near }),
    prices: createPrices(),
    userTool: createUserTool(),
    ...createEffectActivities({ store }),
    // The worker's own: made when first asked for, on its connection and with its codec.
    ...createJournalActivities({ store, client: () => Context.current().client }),
    ...createBatchActivities({ store }),
    ...createOverlayActivities({ store }),
    note: (tag) => Promise.resolve(tag.notes ?? []),
  };
}
