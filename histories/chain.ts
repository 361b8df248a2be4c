/** Executions of one workflow id that continue each other (continue-as-new), and where reading them begins. */
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { WATCH } from '../protocol/limits.ts';
import { isUnknown } from './rpc.ts';

/** What the first event of an execution tells of its chain; ids of runs. */
export interface ChainLink {
  runId: string;
  /** First of the chain. */
  first: string;
  /** The one that this one continues; empty for the first. */
  previous: string;
}

/** Null when the event is not the start of an execution. */
export function linkOf(event: temporal.api.history.v1.IHistoryEvent | undefined): ChainLink | null {
  const started = event?.workflowExecutionStartedEventAttributes;
  if (!started) return null;
  return {
    runId: started.originalExecutionRunId ?? '',
    first: started.firstExecutionRunId ?? '',
    previous: started.continuedExecutionRunId ?? '',
  };
}

/**
 * The oldest run of a chain whose history is still there. The server deletes the oldest first, so when the first is gone it is
 * found by walking back from the latest. `read` gives null for a run that is gone.
 */
export async function oldestRun(
  latest: ChainLink,
  read: (runId: string) => Promise<ChainLink | null>,
): Promise<{ runId: string; whole: boolean }> {
  if ((await read(latest.first)) !== null) return { runId: latest.first, whole: true };
  let oldest = latest;
  for (;;) {
    const before = oldest.previous === '' ? null : await read(oldest.previous);
    if (before === null) return { runId: oldest.runId, whole: false };
    oldest = before;
  }
}

/** The start of one run; null when its history is gone. Throws what gRPC throws. */
export async function readLink(client: Client, workflowId: string, runId: string): Promise<ChainLink | null> {
  const request = {
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
    skipArchival: true,
  };
  try {
    const response = await client.withDeadline(Date.now() + WATCH.rpcMs, () =>
      client.workflowService.getWorkflowExecutionHistory(request),
    );
    return linkOf(response.history?.events?.[0]);
  } catch (error) {
    if (isUnknown(error)) return null;
    throw error;
  }
}
