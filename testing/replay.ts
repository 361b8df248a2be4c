import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import type { Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';

type History = temporal.api.history.v1.IHistory;

/**
 * Replays an ended run and all its children from their histories, on one worker. Rejects with the SDK's
 * DeterminismViolationError when code and history disagree.
 */
export async function replayRun(
  client: Client,
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

async function* historiesOf(client: Client, run: string) {
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

/** A workflow that continued as new is replayed execution by execution. */
async function firstRunOf(client: Client, workflowId: string): Promise<string> {
  const { raw, runId } = await client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.firstRunId ?? runId;
}

function childrenOf(history: History): string[] {
  return (history.events ?? []).flatMap(({ childWorkflowExecutionStartedEventAttributes: child }) => {
    const id = child?.workflowExecution?.workflowId;
    return typeof id === 'string' ? [id] : [];
  });
}
