import type { WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import type { Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';

export type History = temporal.api.history.v1.IHistory;

/** What reading histories needs of a client. */
export interface Histories {
  workflow: {
    getHandle(workflowId: string, runId?: string): Pick<WorkflowHandle, 'describe' | 'fetchHistory'>;
  };
}

/**
 * Replays an ended run and all its children from their histories, on one worker. Rejects with the SDK's
 * DeterminismViolationError when code and history disagree.
 */
export async function replayRun(
  client: Histories,
  store: Store,
  workflowBundle: WorkflowBundleOption,
  run: string,
): Promise<void> {
  // The guest's stack needs worker threads, which debug mode takes away (facts §3).
  const options = { workflowBundle, dataConverter: { payloadCodecs: [createPayloadCodec(store)] }, debugMode: false };
  for await (const { error } of Worker.runReplayHistories(options, historiesOf(client, run))) {
    if (error) throw error;
  }
}

/** The histories of a run and of all below it; a workflow that continued as new gives one for each execution. */
export async function* historiesOf(
  client: Histories,
  run: string,
): AsyncGenerator<{ workflowId: string; history: History }> {
  const waiting = [run];
  for (let workflowId = waiting.shift(); workflowId !== undefined; workflowId = waiting.shift()) {
    for (let runId = await firstRunOf(client, workflowId); runId !== '';) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
      waiting.push(...childrenOf(history));
      yield { workflowId, history };
    }
  }
}

async function firstRunOf(client: Histories, workflowId: string): Promise<string> {
  const { raw, runId } = await client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.firstRunId ?? runId;
}

function childrenOf(history: History): string[] {
  return (history.events ?? []).flatMap(({ childWorkflowExecutionStartedEventAttributes: child }) => {
    const id = child?.workflowExecution?.workflowId;
    return typeof id === 'string' ? [id] : [];
  });
}
