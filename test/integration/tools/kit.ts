import { vi } from 'vitest';
import type { AgentResult } from '../../../protocol/agent-result.ts';
import type { Json } from '../../../protocol/json.ts';
import type { Harness } from '../../kit/harness.ts';
import type { SeenRequest } from '../../../testing/provider/index.ts';
import type { ScriptedCall } from '../../../testing/provider/reply.ts';

/** A turn that calls tools. */
export function calls(...list: [name: string, input: Json][]): { toolCalls: ScriptedCall[] } {
  return { toolCalls: list.map(([name, input]) => ({ name, input })) };
}

/** How many turns the agent has had before this request. */
export function turnOf(request: SeenRequest): number {
  return request.messages.filter((message) => message.role === 'assistant').length;
}

/** What the tools of the newest turn gave, in the order of the calls. */
export function outputsOf(request: SeenRequest): string[] {
  const last = request.messages.findLast((message) => message.role === 'assistant');
  return (last?.toolCalls ?? []).map(
    (call) => request.messages.find((message) => message.callId === call.id)?.text ?? '(no result)',
  );
}

/** What an agent's child workflow gave. */
export async function childResult(
  harness: Harness,
  run: { workflowId: string },
  address = 'agent:1',
): Promise<AgentResult> {
  return (await harness.client.workflow.getHandle(`${run.workflowId}/${address}`).result()) as AgentResult;
}

/** Types of what a history scheduled: `activity model`, `child agent`, `timer`, in their order. */
export async function scheduledIn(harness: Harness, workflowId: string): Promise<string[]> {
  const history = await harness.client.workflow.getHandle(workflowId).fetchHistory();
  return (history.events ?? []).flatMap((event) => {
    const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
    const child = event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType?.name;
    if (typeof activity === 'string') return [`activity ${activity}`];
    if (typeof child === 'string') return [`child ${child}`];
    return event.timerStartedEventAttributes ? ['timer'] : [];
  });
}

/** Holds back the snapshot's write of a file with this content until `open()`. */
export function holdSnapshot(harness: Harness, content: string): { open: () => void; waiting: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const put = harness.store.put.bind(harness.store);
  let waiting = false;
  vi.spyOn(harness.store, 'put').mockImplementation(async (given) => {
    if (typeof given !== 'string' && Buffer.from(given).toString() === content) {
      waiting = true;
      await promise;
    }
    return put(given);
  });
  return {
    waiting: () => waiting,
    open: () => {
      resolve();
      vi.restoreAllMocks();
    },
  };
}
