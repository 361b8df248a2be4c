/**
 * Takes over from workers of this machine that died: their calls need not wait for a heartbeat timeout, nor their workflows
 * for the sticky one. Costs a few questions to the server when a worker starts.
 *
 *  T1  Only activities whose last worker was a process of this host that no longer exists are touched: a living worker's
 *      call is never failed.
 *  T2  A failed attempt is retried like any other; a call that had finished is found in the store, so nothing is paid twice.
 *  T3  Best effort: whatever goes wrong here leaves the timeouts to do their work.
 */
import { hostname } from 'node:os';
import { ApplicationFailure } from '@temporalio/common';
import { Client, type Connection } from '@temporalio/client';
import { identityOf } from '../server/process-identity.ts';

export interface Takeover {
  /** Attempts of dead workers that were given back. */
  activities: number;
}

/** Running workflows that are looked at: beyond, timeouts must do. */
const LOOKED_AT = 1_000;
const AT_ONCE = 10;
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
  const execution = { workflowId };
  const { pendingActivities } = await client.workflowService.describeWorkflowExecution({ namespace, execution });
  const lost = (pendingActivities ?? []).filter(
    ({ state, lastWorkerIdentity }) => state === STARTED && isDead(lastWorkerIdentity),
  );
  // The dead worker may have held the workflow itself as well; asking for it costs nothing when it did not.
  if (lost.length > 0) await client.workflowService.resetStickyTaskQueue({ namespace, execution });
  let given = 0;
  for (const { activityId } of lost) {
    if (typeof activityId !== 'string') continue;
    await client.activity.fail(
      { workflowId, activityId },
      ApplicationFailure.retryable('the worker died', 'BRAID_WORKER_DIED'),
    );
    given += 1;
  }
  return given;
}

/** T1. The SDK's identity of a worker is `pid@host`. */
function isDead(identity: string | null | undefined): boolean {
  const match = /^(\d+)@(.*)$/.exec(identity ?? '');
  return match !== null && match[2] === hostname() && identityOf(Number(match[1])) === null;
}
