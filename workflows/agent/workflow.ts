/** An agent with tools: a child workflow with a history of its own (design §1, rule for the tree). */
import { condition, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { SIGNALS } from '../../protocol/names.ts';
import type { AgentInput } from '../../protocol/activities.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import { activities } from '../activities.ts';
import { FREE_LEASE, type Used } from '../ledger/lease.ts';
import { openLink } from '../tree/parent-link.ts';
import { runAgent } from './loop.ts';

/** Result of an agent child: what it came to, and what it used since its last lease message (ledger/child-lease.ts, C2). */
export interface AgentChildResult extends AgentResult {
  unreported: Used | null;
}

export async function agent(input: AgentInput): Promise<AgentChildResult> {
  const lease = input.capped ? openLink({ capped: true }).lease : null;
  // The parent's lines travelled with this input: told once more, they would be twice in the run's story.
  const { notes: _told, ...tag } = input.tag;
  const { request } = input.task;
  setCurrentDetails(`**${tag.label}** · ${request.model} · tools: ${request.tools.join(', ')}`);
  let paused = false;
  setHandler(defineSignal(SIGNALS.pause), () => void (paused = true));
  setHandler(defineSignal(SIGNALS.resume), () => void (paused = false));
  const result = await runAgent(input.task, {
    lease: lease ?? FREE_LEASE,
    model: async (req, turn) => {
      if (paused) await condition(() => !paused);
      return activities.model({ ...tag, turn }, req);
    },
    tool: (call, turn, index) =>
      activities.tool({ ...tag, turn }, `${tag.address}#${turn}.${index + 1}`, {
        tool: call.name,
        input: call.input,
        snapshot: input.snapshot,
      }),
    onRateLimited: () => undefined,
  });
  return { ...result, unreported: lease === null ? null : lease.unreported };
}
