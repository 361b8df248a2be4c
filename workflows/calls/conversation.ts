/**
 * The conversation of one call: inline in its caller's history, or in a child of its own (D3 of agents.ts), and as often as a
 * person wants it begun anew.
 */
import { condition } from '@temporalio/workflow';
import type { AgentInput, AgentTask } from '../../protocol/activities.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import type { Patch } from '../../protocol/overlay.ts';
import { callsOthers } from '../../protocol/tool-names.ts';
import { activities } from '../activities.ts';
import { modelFailure } from '../agent/failure.ts';
import { runAgent } from '../agent/loop.ts';
import { noSuchTool } from '../agent/prompts.ts';
import type { AgentChildResult } from '../agent/workflow.ts';
import { runDelegate } from '../delegate/call.ts';
import { conflictText } from '../tree/changes.ts';
import { ChildEnded, type ChildKind, type Children } from '../tree/children.ts';
import { effectsOf } from '../effects/settings.ts';
import { boundsOf, lentFrom } from '../tree/prices.ts';
import type { Tree } from '../tree/tree.ts';
import type { Workspace } from '../tree/workspace.ts';
import type { BookedCall, KeyedCall } from './agent-call.ts';
import { afterAttempts, childDied, notBegun, skippedResult } from './no-result.ts';
import type { Attempt } from './steering.ts';

const AGENT_CHILD: ChildKind<AgentChildResult> = {
  workflow: WORKFLOWS.agent,
  used: ({ unreported, requests, usage }) => unreported ?? { requests, spend: usage },
};

export class Conversation {
  readonly tree: Tree;
  readonly children: Children;
  private readonly workspace: Workspace;

  constructor(tree: Tree, children: Children, workspace: Workspace) {
    this.tree = tree;
    this.children = children;
    this.workspace = workspace;
  }

  /** Rejects for cancellation, and for what should not be possible. */
  run(address: string, call: KeyedCall): Promise<AgentResult> {
    return this.tree.steering.enabled ? this.steered(address, call) : this.converse(address, call);
  }

  /** The conversation, as often as a person wants it begun anew. What all attempts used is the call's. */
  private steered(address: string, call: KeyedCall): Promise<AgentResult> {
    const turns = { next: 0 };
    const before: AgentResult[] = [];
    return this.tree.steering.run(
      address,
      async (attempt) => {
        const result = await this.converse(address, call, attempt, turns);
        if (attempt.steered === 'restart') before.push(result);
        return afterAttempts(before, result);
      },
      () => afterAttempts(before, skippedResult(call)),
    );
  }

  /** `turns` numbers the requests of all attempts. */
  private async converse(
    address: string,
    call: KeyedCall,
    attempt: Attempt | null = null,
    turns = { next: 0 },
  ): Promise<AgentResult> {
    const tag: CallTag = {
      address,
      label: call.label,
      phase: call.phase,
      model: call.task.request.model,
      turn: 0,
      key: call.key,
    };
    return call.task.request.tools.length === 0
      ? this.inline(tag, call, attempt, turns)
      : this.child(tag, call, attempt);
  }

  private inline(
    tag: CallTag,
    call: KeyedCall,
    attempt: Attempt | null,
    turns: { next: number },
  ): Promise<AgentResult> {
    return runAgent(inTime(call), {
      lease: call.books.desk,
      bounds: boundsOf(this.tree, call.books),
      quota: this.tree.breaker,
      model: async (request, _turn, _key, probe) => {
        if (this.tree.paused && !probe) await condition(() => !this.tree.paused);
        return activities.model({ ...tag, turn: turns.next++, notes: this.tree.story.take() }, request);
      },
      stopped: () => attempt !== null && attempt.steered !== null,
      tool: ({ name }) => Promise.resolve({ output: noSuchTool(name), isError: true, reads: [] }),
      onRateLimited: (message, width) => this.tree.slowDown(message, width),
    });
  }

  /** Several patches to begin on, as one; why there is none. */
  private async merged(
    patches: Patch[],
    { label, phase }: CallTag,
  ): Promise<Patch | NonNullable<AgentResult['error']>> {
    try {
      const tag = { label, phase, model: null, turn: 0, notes: this.tree.story.take() };
      const { patch, conflicts } = await this.tree.changes.merge(tag, patches);
      for (const conflict of conflicts) this.tree.warn(conflictText(conflict));
      return patch;
    } catch (error) {
      const failure = modelFailure(error);
      if (failure === null) throw error;
      return { code: failure.code, message: `What the agent was to begin on could not be merged: ${failure.message}` };
    }
  }

  private async child(tag: CallTag, call: KeyedCall, attempt: Attempt | null): Promise<AgentResult> {
    const { books, overlay, begins } = call;
    // What cannot be priced is not begun.
    if (books.kinds.includes('usd')) await this.tree.prices.of(call.task.request.model);
    this.workspace.takeSnapshot();
    const known = this.tree.changes.overlayOf(begins);
    const from = known === null ? await this.merged(begins, tag) : (begins[0] ?? null);
    if (from !== null && 'code' in from) return notBegun(from, call);
    const input: AgentInput = {
      tag: { ...tag, notes: this.tree.story.take() },
      task: inTime(call),
      definition: call.definition,
      snapshot: this.tree.snapshotKey(),
      ...(this.tree.journal.ref === null ? {} : { journal: this.tree.journal.ref }),
      ...lentFrom(this.tree, books),
      engine: this.tree.input.engine,
      ...(overlay === undefined ? {} : { overlay: { from: from?.overlay ?? null, writes: overlay.writes } }),
      ...effectsOf(this.tree.input, tag.address, call),
    };
    if (callsOthers(call.task.request.tools)) return runDelegate(this, call, { agent: input, from, attempt });
    try {
      const result = await this.children.run(AGENT_CHILD, input.tag, input, books, attempt);
      if (result.replayed !== undefined) books.chargeReplayed(result.replayed, 0);
      if (result.rateLimited > 0 || result.width !== undefined) this.tree.slowDown('', result.width);
      return result;
    } catch (error) {
      if (error instanceof ChildEnded) return childDied(error.failure, call);
      throw error;
    }
  }
}

/** A budget of time is a timeout, the shorter one of both. */
function inTime({ task, books }: BookedCall): AgentTask {
  const left = books.timeLeft();
  return left === null ? task : { ...task, timeoutMs: Math.min(task.timeoutMs ?? left, left) };
}
