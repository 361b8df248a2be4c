/**
 * Takes over from workers of this machine that died: their calls need not wait for a heartbeat timeout, nor their workflows
 * for the sticky one or for the task that died with them. Costs a few questions to the server when a worker starts.
 *
 *  T1  Only what was last held by a process of this host that no longer exists is touched: a living worker's call or task is
 *      never failed.
 *  T2  A failed attempt is retried like any other; a call that had finished is found in the store, so nothing is paid twice.
 *  T3  Best effort: whatever goes wrong here leaves the timeouts to do their work.
 */
import { hostname } from 'node:os';
import { ApplicationFailure } from '@temporalio/common';
import { Client, type Connection } from '@temporalio/client';
import { identityOf } from '../server/process-identity.ts';
import { createLimiter } from '../store/limiter.ts';
import { giveBackTask } from './lost-task.ts';

export interface Takeover {
  /** Attempts of dead workers that were given back. */
  activities: number;
}

/** Running workflows that are looked at: beyond, timeouts must do. */
const LOOKED_AT = 1_000;
const AT_ONCE = 10;
/** Activities of one workflow that are failed at once. */
const FAILED_AT_ONCE = 8;
/** `PENDING_ACTIVITY_STATE_STARTED` and `PENDING_WORKFLOW_TASK_STATE_STARTED`; numbers of the wire. */
const STARTED = 2;

export async function takeOver(connection: Connection, namespace: string, taskQueue: string): Promise<Takeover> {
  const client = new Client({ connection, namespace });
  const ids = await runningWorkflows(client, taskQueue);
  let activities = 0;
  const one = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) activities += await relieve(client, id).catch(() => 0);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return { activities };
}

async function runningWorkflows(client: Client, taskQueue: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({
    query: `ExecutionStatus = "Running" AND TaskQueue = "${taskQueue}"`,
  })) {
    ids.push(workflowId);
    if (ids.length >= LOOKED_AT) break;
  }
  return ids;
}

async function relieve(client: Client, workflowId: string): Promise<number> {
  const { namespace } = client.options;
  const described = await client.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } });
  const execution = { workflowId, runId: described.workflowExecutionInfo?.execution?.runId ?? '' };
  const task = described.pendingWorkflowTask;
  const activities = (described.pendingActivities ?? []).filter(
    ({ state, lastWorkerIdentity }) => state === STARTED && isDead(lastWorkerIdentity),
  );
  // The dead worker may have held the workflow itself as well; asking for it costs nothing when it did not.
  if (activities.length > 0) await client.workflowService.resetStickyTaskQueue({ namespace, execution });
  if (task?.state === STARTED)
    await giveBackTask(client, execution, { attempt: task.attempt ?? 1, isDead }).catch(() => false);
  const slot = createLimiter(FAILED_AT_ONCE);
  const fail = ({ activityId }: { activityId?: string | null }) =>
    client.activity.fail(
      { workflowId, activityId: activityId ?? '' },
      ApplicationFailure.retryable('the worker died', 'BRAID_WORKER_DIED'),
    );
  // One that ended by itself meanwhile is none that was given back.
  const given = await Promise.allSettled(activities.map((activity) => slot(() => fail(activity))));
  return given.filter(({ status }) => status === 'fulfilled').length;
}

/** T1. The SDK's identity of a worker is `pid@host`. */
function isDead(identity: string | null | undefined): boolean {
  const match = /^(\d+)@(.*)$/.exec(identity ?? '');
  return match !== null && match[2] === hostname() && identityOf(Number(match[1])) === null;
}
