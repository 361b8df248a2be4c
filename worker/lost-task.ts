/**
 * A workflow task that died with its worker, given back to the server: it is handed out again at once instead of after its timeout,
 * which is most of what a kill in the middle of a wide run costs.
 *
 *  L1  The server knows a task by its scheduled event, its started event and its attempt; it refuses a token that does not name the task
 *      that is open now. So what was taken over meanwhile, by a timeout or by another worker, is never failed.
 *  L2  The token is put together here, in the form that servers give it (temporal.server.api.token.v1.Task). A server that does not
 *      take it leaves the task to its timeout, as if nothing had been asked.
 */
import type { Client } from '@temporalio/client';
import protobuf from 'protobufjs/minimal.js';

interface Execution {
  workflowId: string;
  runId: string;
}

export interface OpenTask {
  attempt: number;
  isDead(identity: string | null | undefined): boolean;
}

/** `WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE`; a number of the wire. */
const CAUSE = 13;

/** Whether the open task was a dead worker's and was given back. Throws what gRPC throws. */
export async function giveBackTask(
  client: Client,
  execution: Execution,
  { attempt, isDead }: OpenTask,
): Promise<boolean> {
  const { namespace } = client.options;
  // What arrives while a task is open waits outside the history: its start is the last event. A repeated one has no event at all.
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace,
    execution,
    maximumPageSize: 1,
  });
  const last = history?.events?.[0];
  const started = last?.workflowTaskStartedEventAttributes;
  if (!started || !isDead(started.identity)) return false;
  const { namespaceInfo } = await client.workflowService.describeNamespace({ namespace });
  const taskToken = tokenOf({
    ...{ namespaceId: namespaceInfo?.id ?? '', ...execution, attempt },
    ...{ scheduledId: started.scheduledEventId ?? 0, startedId: last?.eventId ?? 0, version: last?.version ?? 0 },
  });
  const failure = { message: 'its worker died' };
  await client.workflowService.respondWorkflowTaskFailed({ namespace, taskToken, cause: CAUSE, failure });
  return true;
}

type Int64 = Parameters<protobuf.Writer['int64']>[0];

interface Task extends Execution {
  namespaceId: string;
  attempt: number;
  scheduledId: Int64;
  startedId: Int64;
  version: Int64;
}

/** L2. The numbers are those of the message's fields. */
function tokenOf({ namespaceId, workflowId, runId, attempt, scheduledId, startedId, version }: Task): Uint8Array {
  const writer = protobuf.Writer.create();
  const text = (field: number, value: string) => writer.uint32((field << 3) | 2).string(value);
  const number = (field: number, value: Int64) => writer.uint32(field << 3).int64(value);
  text(1, namespaceId);
  text(2, workflowId);
  text(3, runId);
  number(4, scheduledId);
  number(5, attempt);
  number(10, startedId);
  number(11, version);
  return writer.finish();
}
