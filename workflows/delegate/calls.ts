/**
 * The calls that a delegating agent makes with its tools: each is a call of the run, with an address, a slot and a place in the ledger of
 * its own, and a fresh conversation.
 *
 *  C1  What a call comes to is an answer that the model can read: a value as text, or a code and why. Only the agent's own end (its time,
 *       a cancellation) ends the calls under way.
 *  C2  Whoever is asked begins on what the agent sees, and what they change the agent sees from then on.
 *  C3  A cycle of agents ends at --max-depth: the call is refused, and the agent goes on without it.
 */
import { CancellationScope } from '@temporalio/workflow';
import type { ToolResponse } from '../../protocol/activities.ts';
import type { DelegateInput } from '../../protocol/delegate.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import type { CallTag, ToolCall } from '../../protocol/model-call.ts';
import type { OverlayRef } from '../../protocol/overlay.ts';
import { callsOthers } from '../../protocol/tool-names.ts';
import { activities } from '../activities.ts';
import type { Draft } from '../agent/draft.ts';
import { modelFailure } from '../agent/failure.ts';
import { tellCallables } from '../callables/told.ts';
import type { Agents } from '../calls/agents.ts';
import type { Nodes } from '../calls/nodes.ts';
import { Performer } from '../calls/perform.ts';
import { scriptNode } from '../calls/script-node.ts';
import type { Begun, Ending } from '../calls/work.ts';
import { ScriptRlms } from '../script/rlms.ts';
import type { Tree } from '../tree/tree.ts';
import { answerOf, problem, shown } from './answer.ts';
import { isAsking, parseAsked, type Asked } from './asked.ts';

type Call = Exclude<Asked, { tool: 'describe' }>;

export class DelegateCalls {
  private readonly tree: Tree;
  private readonly agents: Agents;
  private readonly nodes: Nodes;
  private readonly rlms: ScriptRlms;
  private readonly agent: DelegateInput['agent'];
  private readonly draft: Draft;
  private readonly tag: CallTag;
  private readonly underWay = new Set<Promise<unknown>>();
  /** The agent's changes as those know them that it asks. */
  private handed: OverlayRef | null;
  private handing: Promise<void> | null = null;
  private drafts = 0;

  constructor(
    input: DelegateInput,
    tree: Tree,
    { agents, nodes, draft, tag }: { agents: Agents; nodes: Nodes; draft: Draft; tag: CallTag },
  ) {
    this.agent = input.agent;
    this.tree = tree;
    this.agents = agents;
    this.nodes = nodes;
    this.rlms = new ScriptRlms(tree, nodes);
    this.draft = draft;
    this.handed = draft.overlay;
    this.tag = tag;
  }

  /** Whether the calls of a turn may run at once: those of others may, files are changed one after the other. */
  static atOnce(calls: readonly ToolCall[]): boolean {
    return calls.every(({ name }) => isAsking(name));
  }

  /** Undefined for a tool that is none of these. Rejects for cancellation only. */
  tool({ name, input }: ToolCall): (() => Promise<ToolResponse>) | undefined {
    return isAsking(name) ? () => this.answer(name, input) : undefined;
  }

  /** Resolves when nothing is under way: what was given up has told what it used. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.underWay);
  }

  private async answer(name: Parameters<typeof parseAsked>[0], input: Json): Promise<ToolResponse> {
    try {
      const asked = parseAsked(name, input, this.tree.input.agents);
      if (asked.tool === 'describe') return shown(await this.describe(asked.name));
      this.checkDepth(asked);
      await this.handOver();
      const response = answerOf(await this.perform(this.begin(asked)));
      this.handed = this.tree.changes.head?.overlay ?? this.handed;
      this.draft.overlay = this.handed;
      return response;
    } catch (error) {
      if (!isBraidError(error)) throw error;
      return problem(error.code, error.message);
    }
  }

  private begin(asked: Call): Begun {
    const { tree } = this;
    const { prefix } = tree;
    const { phase } = this.tag;
    const place = { prefix, path: tree.journal.path };
    if (asked.tool === 'agent') return this.agents.begin([asked.prompt, asked.opts], phase, place);
    if (asked.tool === 'rlm') return this.rlms.begin(asked.question, asked.context, asked.opts, phase, place, null);
    const address = `${prefix}workflow:${tree.number('workflow')}`;
    const { name, args } = asked;
    const call = { address, label: name, phase, ref: name, args, caller: this.tag.label };
    return this.nodes.script({ address, label: name, phase, model: null }, (parent) => scriptNode(tree, call, parent));
  }

  /** What it runs ends with the agent's conversation. */
  private async perform(begun: Begun): Promise<Ending | null> {
    const scope = CancellationScope.current();
    const performer = new Performer(this.tree, scope);
    const running = performer.run(begun);
    this.underWay.add(running);
    void running.then(() => this.underWay.delete(running));
    try {
      return await Promise.race([running, scope.cancelRequested]);
    } catch (error) {
      performer.stop();
      throw error;
    }
  }

  /** C3. An agent that asks nobody may still be asked. */
  private checkDepth(asked: Call): void {
    const { level, input } = this.tree;
    if (level + 1 <= input.limits.maxDepth) return;
    if (asked.tool === 'agent' && !callsOthers(asked.definition?.tools ?? [])) return;
    const what =
      asked.tool === 'rlm' ? 'a recursive model' : asked.tool === 'agent' ? asked.definition?.name : asked.name;
    throw new BraidError(
      'BRAID_DEPTH',
      `${what} would stand deeper than --max-depth ${input.limits.maxDepth}, so it was not asked. Do this part yourself, or ask an agent that asks nobody.`,
    );
  }

  /** C2: what the agent itself has changed since it last asked becomes what others begin on. Calls of one turn share it. */
  private async handOver(): Promise<void> {
    if (this.draft.overlay !== this.handed) this.handing ??= this.draftAsHead().finally(() => (this.handing = null));
    await this.handing;
  }

  private async draftAsHead(): Promise<void> {
    const { overlay } = this.draft;
    const { snapshot } = this.agent;
    if (snapshot === null || overlay === null) return;
    this.drafts += 1;
    const tag = { ...this.tag, address: `${this.tag.address}/draft:${this.drafts}` };
    try {
      this.tree.changes.standOn(await activities.patch(tag, { id: this.tag.address, snapshot, overlay, from: null }));
      this.handed = overlay;
    } catch (error) {
      const failure = modelFailure(error);
      if (failure === null) throw error;
      throw new BraidError(isErrorCode(failure.code) ? failure.code : 'BRAID_INTERNAL', failure.message);
    }
  }

  /** Only what this agent may ask. */
  private async describe(name: string | null): Promise<string> {
    const { tools } = this.agent.task.request;
    const may = (['agent', 'workflow'] as const).filter((kind) => tools.includes(kind));
    return JSON.stringify(await tellCallables(this.tree, name, may), null, 1);
  }
}
