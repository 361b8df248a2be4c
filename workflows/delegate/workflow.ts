/**
 * An agent that may ask others: a conversation (agent/loop.ts) that is a node of the run's tree, with books of its own.
 *
 *  D1  It ends by a result, whatever its conversation came to: what it and all below it used is told once, with it.
 *  D2  A request of its own holds a slot of the window, its tools hold none: those it asks get them.
 *  D3  Its requests and the calls below it are named across runs, each for itself: a resumed run serves what was paid for.
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { AgentInput } from '../../protocol/activities.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import type { DelegateInput, DelegateResult } from '../../protocol/delegate.ts';
import type { CallTag, ToolCall } from '../../protocol/model-call.ts';
import { endStatus } from '../../protocol/outcome.ts';
import { activities } from '../activities.ts';
import { Draft } from '../agent/draft.ts';
import { runAgent, type AgentWorld } from '../agent/loop.ts';
import { Agents } from '../calls/agents.ts';
import { Nodes } from '../calls/nodes.ts';
import { slotIn } from '../cancellation.ts';
import { requestKey } from '../journal/keys.ts';
import { closeJournal, openJournal } from '../journal/open.ts';
import { changesOf } from '../tree/changes.ts';
import { Children } from '../tree/children.ts';
import { boundsOf } from '../tree/prices.ts';
import { listen } from '../tree/root.ts';
import { Tree } from '../tree/tree.ts';
import { Workspace } from '../tree/workspace.ts';
import { DelegateCalls } from './calls.ts';

export async function delegate(input: DelegateInput): Promise<DelegateResult> {
  try {
    return await new DelegateNode(input).run();
  } catch (error) {
    if (isCancellation(error) || error instanceof ApplicationFailure) throw error;
    // A plain error would fail the workflow task and be retried for ever (facts §2).
    throw ApplicationFailure.create({
      type: 'BRAID_INTERNAL',
      message: String(error),
      nonRetryable: true,
      details: [],
    });
  }
}

class DelegateNode {
  private readonly input: DelegateInput;
  private readonly scope = new CancellationScope();
  private readonly tree: Tree;
  private readonly children: Children;
  private readonly agents: Agents;
  private readonly calls: DelegateCalls;
  private readonly draft: Draft;
  private readonly tag: CallTag;

  constructor(input: DelegateInput) {
    this.input = input;
    // The key is that of the call, and its lines were told with this input.
    const { key: _ofTheCall, notes: _told, ...tag } = input.parent.tag;
    this.tag = tag;
    this.tree = new Tree(input, () => this.scope.cancel());
    this.children = new Children(this.tree);
    this.agents = new Agents(this.tree, this.children, new Workspace(this.tree));
    this.draft = new Draft(agentOf(input, tag), tag, this.tree.gates);
    const nodes = new Nodes(this.tree, this.children);
    this.calls = new DelegateCalls(input, this.tree, { agents: this.agents, nodes, draft: this.draft, tag });
    listen(this.tree, this.children);
  }

  async run(): Promise<DelegateResult> {
    const { request } = this.input.agent.task;
    setCurrentDetails(`**${this.tag.label}** · ${request.model} · tools: ${request.tools.join(', ')}`);
    let working: Promise<AgentResult> | undefined;
    const end = await this.scope
      .run(() => Promise.race([(working = this.work()), this.scope.cancelRequested]))
      .catch(async (error: unknown): Promise<AgentResult> => {
        await working?.catch(() => undefined);
        const { fatal } = this.tree;
        if (fatal !== null) return failedBy(fatal, request.model);
        // Cancelled: what is in flight has been told so, and its costs come in first.
        await this.children.sayGoodbye(this.agents);
        throw error;
      });
    this.scope.cancel();
    await this.calls.idle();
    await this.agents.idle();
    await this.tree.delivered();
    const changed = this.input.agent.writes ? {} : await changesOf(this.tree);
    const journal = this.input.keepJournal === true ? await closeJournal(this.tag) : undefined;
    return this.finish(end, { ...this.tree.reuse(journal), ...changed });
  }

  private async work(): Promise<AgentResult> {
    const { tree, input } = this;
    await openJournal(tree.journal, input, { snapshot: tree.snapshotKey(), warn: tree.warn });
    return this.draft.ended(await this.draft.converse((task) => runAgent(task, this.world())));
  }

  private world(): AgentWorld {
    const { tree, tag, draft, calls } = this;
    return {
      lease: tree.desk,
      bounds: boundsOf(tree),
      named: (request) => tree.journal.request(requestKey(request)),
      onReplayed: (usage) => tree.ledger.chargeReplayed(usage, 0),
      quota: tree.breaker,
      asking: (ask) => this.inSlot(ask),
      model: async (request, turn, key, probe) => {
        if (tree.paused && !probe) await condition(() => !tree.paused);
        const named = key === undefined ? tag : { ...tag, key };
        return activities.model({ ...named, turn, notes: tree.story.take() }, request);
      },
      oneByOne: (asked: readonly ToolCall[]) => this.input.agent.writes && !DelegateCalls.atOnce(asked),
      tool: (call, turn, index) => draft.tool(call, turn, index, calls.tool(call)),
      onRateLimited: (message, width) => tree.slowDown(message, width),
    };
  }

  /** D2: the slot comes before the lease, as everywhere. */
  private async inSlot<T>(ask: () => Promise<T>): Promise<T> {
    const { window } = this.tree;
    await slotIn(window);
    try {
      const answer = await ask();
      window.grow();
      return answer;
    } finally {
      window.release();
    }
  }

  private finish(end: AgentResult, beside: Pick<DelegateResult, 'replayed' | 'journal' | 'patch'>): DelegateResult {
    const { tree } = this;
    const { value, patch, ...agent } = end;
    const usage = tree.usage();
    tree.showDetails();
    tree.gates.giveUp();
    const { outcomes, unreported } = tree;
    const status = end.ok ? endStatus({ stoppedByLimit: false, usage }) : 'failed';
    const told = { usage, outcomes, notes: tree.story.last(), unreported, ...beside };
    return { status, value, error: end.error, ...told, ...(patch === undefined ? {} : { patch }), agent };
  }
}

function agentOf({ agent, engine, parent, changes }: DelegateInput, tag: CallTag): AgentInput {
  const { writes, ...own } = agent;
  return { ...own, tag, engine, capped: parent.capped, overlay: { from: changes?.overlay ?? null, writes } };
}

/** What ends the run ends it, too. */
function failedBy({ code, message }: { code: string; message: string }, model: string): AgentResult {
  return {
    ...{ ok: false, value: null, reason: 'error', error: { code, message }, degraded: false },
    ...{ usage: { inputTokens: 0, outputTokens: 0, usd: 0 }, requests: 0, steps: 0, toolCalls: 0, rateLimited: 0 },
    ...{ reads: [], notes: [], model },
  };
}
