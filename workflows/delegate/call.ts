/** The caller's side of an agent that may ask others: a child node instead of a plain agent (workflow.ts). */
import type { AgentInput } from '../../protocol/activities.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import type { DelegateInput, DelegateResult } from '../../protocol/delegate.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import type { Patch } from '../../protocol/overlay.ts';
import type { KeyedCall } from '../calls/agent-call.ts';
import { resultOfFailure } from '../calls/child-result.ts';
import { inheritedFrom } from '../calls/inherited.ts';
import { childDied, notBegun } from '../calls/no-result.ts';
import type { Attempt } from '../calls/steering.ts';
import { NO_BUDGET } from '../ledger/budget.ts';
import { ChildEnded, type ChildKind, type Children } from '../tree/children.ts';
import type { Tree } from '../tree/tree.ts';

const DELEGATE_CHILD: ChildKind<DelegateResult> = {
  workflow: WORKFLOWS.delegate,
  used: ({ unreported, usage: { requests, inputTokens, outputTokens, usd } }) =>
    unreported ?? { requests, spend: { inputTokens, outputTokens, usd } },
};

/** Null: it may be begun. */
function tooDeep({ level, input }: Tree): NonNullable<AgentResult['error']> | null {
  const { maxDepth } = input.limits;
  if (level + 1 <= maxDepth) return null;
  return { code: 'BRAID_DEPTH', message: `An agent that asks others would stand deeper than --max-depth ${maxDepth}.` };
}

/** `from`: what it begins on. */
export async function runDelegate(
  { tree, children }: { tree: Tree; children: Children },
  call: KeyedCall,
  { agent, from, attempt }: { agent: AgentInput; from: Patch | null; attempt: Attempt | null },
): Promise<AgentResult> {
  const deep = tooDeep(tree);
  if (deep !== null) return notBegun(deep, call);
  const { books, overlay } = call;
  const writes = overlay?.writes === true;
  const input = inputOf(tree, { agent, from, writes });
  try {
    const result = await children.run(DELEGATE_CHILD, agent.tag, input, books, attempt);
    tree.absorb(result, books);
    const taken = writes || !result.agent.ok ? null : tree.changes.takeIn({ patch: result.patch });
    if (taken !== null) await taken;
    return ended(result, writes);
  } catch (error) {
    if (!(error instanceof ChildEnded)) throw error;
    const result = resultOfFailure(error.failure) as DelegateResult | null;
    if (result !== null) tree.absorb(result, books);
    return childDied(error.failure, call);
  }
}

/** Its journal's path begins where its call stands, so that a resumed run finds what it asked. */
function inputOf(
  tree: Tree,
  { agent, from, writes }: { agent: AgentInput; from: Patch | null; writes: boolean },
): DelegateInput {
  const { limits, models, agents, workspace, engine, strict, seed } = tree.input;
  const { tag, task, definition, snapshot, capped, kinds, prices, effects } = agent;
  return {
    ...{ limits, models, agents, workspace, engine, strict },
    seed: `${seed}/${tag.address}`,
    ...inheritedFrom(tree),
    ...(from === null ? {} : { changes: from }),
    parent: {
      ...{ tag, level: tree.level + 1, capped, budget: NO_BUDGET },
      ...(kinds === undefined ? {} : { kinds }),
      ...(prices === undefined ? {} : { prices }),
    },
    agent: { task, definition, snapshot, writes, ...(effects === undefined ? {} : { effects }) },
  };
}

/** As the caller's other agents end; what all below it used is the call's. */
function ended({ value, patch, usage, agent }: DelegateResult, writes: boolean): AgentResult {
  const { requests, inputTokens, outputTokens, usd } = usage;
  // Its own node was charged for what was served, and slowed down.
  const { replayed: _charged, width: _told, ...result } = agent;
  const all = { ...result, value, requests, usage: { inputTokens, outputTokens, usd }, rateLimited: 0 };
  return writes ? { ...all, patch: patch ?? null } : all;
}
