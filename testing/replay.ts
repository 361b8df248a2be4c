import type { Client } from '@temporalio/client';
import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import type { Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';

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
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    for (const { childWorkflowExecutionStartedEventAttributes: child } of history.events ?? []) {
      if (typeof child?.workflowExecution?.workflowId === 'string') waiting.push(child.workflowExecution.workflowId);
    }
    yield { workflowId, history };
  }
}
