import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import type { Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';

/**
 * Replays an ended run and all its children from their histories. Rejects with the SDK's DeterminismViolationError when code
 * and history disagree.
 */
export async function replayRun(
  client: Client,
  store: Store,
  workflowBundle: WorkflowBundleOption,
  run: string,
): Promise<void> {
  // The guest's stack needs worker threads, which debug mode takes away (facts §3).
  const options = { workflowBundle, dataConverter: { payloadCodecs: [createPayloadCodec(store)] }, debugMode: false };
  const waiting = [run];
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    const history = await client.workflow.getHandle(id).fetchHistory();
    for (const { childWorkflowExecutionStartedEventAttributes: child } of history.events ?? []) {
      if (typeof child?.workflowExecution?.workflowId === 'string') waiting.push(child.workflowExecution.workflowId);
    }
    await Worker.runReplayHistory(options, history, id);
  }
}
