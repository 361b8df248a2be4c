/**
 * The floor of a batch: a workflow written by hand that runs a child workflow for each item, with the same sliding window; a child
 * runs the model activity that an item's `agent()` comes to. It continues as new when its history has grown, as a batch does.
 */
import {
  condition,
  continueAsNew,
  executeChild,
  proxyActivities,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { BraidActivities } from '../protocol/activities.ts';
import { BATCH, LIMITS } from '../protocol/limits.ts';
import type { CallTag, ModelRequest } from '../protocol/model-call.ts';

export interface BareBatch {
  /** First item that is to be run, from 1. */
  from: number;
  count: number;
  window: number;
  /** What every request has, but for its prompt. */
  request: Omit<ModelRequest, 'messages'>;
  answered: number;
}

const OPTIONS: ActivityOptions = {
  heartbeatTimeout: LIMITS.heartbeatMs,
  startToCloseTimeout: LIMITS.requestMs + 60_000,
  cancellationType: 'TRY_CANCEL',
  retry: { maximumAttempts: LIMITS.activityAttempts, initialInterval: '500ms', maximumInterval: '20s' },
};

const { model } = proxyActivities<BraidActivities>(OPTIONS);

/** Gives how many items had an answer. */
export async function bareBatch(input: BareBatch): Promise<number> {
  const { count, window, request } = input;
  let { from, answered } = input;
  let open = 0;
  const full = () => workflowInfo().historyLength >= BATCH.historyEvents;
  const one = async (item: number): Promise<void> => {
    const text = await executeChild(bareItem, {
      workflowId: `${workflowInfo().workflowId}/item:${item}`,
      args: [item, request],
    });
    if (text !== '') answered += 1;
    open -= 1;
  };
  while (from <= count && !full()) {
    await condition(() => open < window);
    open += 1;
    void one(from);
    from += 1;
  }
  await condition(() => open === 0);
  if (from <= count) return continueAsNew<typeof bareBatch>({ ...input, from, answered });
  return answered;
}

export async function bareItem(item: number, request: BareBatch['request']): Promise<string> {
  const prompt = `item ${item}`;
  const tag: CallTag = { address: 'agent:1', label: prompt, phase: null, model: request.model, turn: 0, notes: [] };
  const response = await model.executeWithOptions({ ...OPTIONS, activityId: 'agent:1#1', summary: prompt }, [
    tag,
    { ...request, messages: [{ role: 'user', text: prompt }] },
  ]);
  return response.kind === 'message' ? response.text : '';
}
