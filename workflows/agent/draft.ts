/**
 * The changes that one agent works on: its history carries their hash from tool call to tool call, never their content.
 *
 *  D1  A call of a tool that the agent was not given runs nothing: a reader of changes writes none.
 *  D2  Only an agent that gives a value gives a patch: what a failed one changed is gone.
 */
import type { AgentInput, AgentTask, ToolResponse } from '../../protocol/activities.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import type { CallTag, ToolCall } from '../../protocol/model-call.ts';
import type { OverlayRef } from '../../protocol/overlay.ts';
import { activities } from '../activities.ts';
import { noResult } from '../calls/no-result.ts';
import { EffectDesk } from '../effects/desk.ts';
import type { Gates } from '../gates/gates.ts';
import type { Link } from '../ledger/link.ts';
import { modelFailure } from './failure.ts';
import { notGiven } from './prompts.ts';

export class Draft {
  /** Null: nothing differs from the snapshot yet. */
  overlay: OverlayRef | null;
  private readonly input: AgentInput;
  /** Null: it works on no changes, and only has tools with other effects. */
  private readonly use: AgentInput['overlay'] | null;

  private readonly tag: CallTag;
  private readonly effects: EffectDesk | null;

  /** To be made before the workflow first waits, as what it may ask a person is: through `link`, or at the gates of its node. */
  constructor(input: AgentInput, tag: CallTag, link: Pick<Link, 'waits'> | Gates) {
    const { effects, overlay: use = null } = input;
    this.input = input;
    this.use = use;
    this.tag = tag;
    this.overlay = use?.from ?? null;
    this.effects = effects === undefined ? null : new EffectDesk({ ...input, effects }, tag, link);
  }

  /** The conversation, once all tools of the agent are known: a server that cannot be asked for its own ends it before it begins. */
  async converse(run: (task: AgentTask) => Promise<AgentResult>): Promise<AgentResult> {
    const { task } = this.input;
    try {
      return await run((await this.effects?.prepared(task)) ?? task);
    } catch (error) {
      const failure = modelFailure(error);
      if (failure === null) throw error;
      const { reason, code, message } = failure;
      return noResult(reason, { code, message }, task.request.model);
    }
  }

  /** Whether the turn whose tools are called next comes from the journal of an earlier run. */
  answered(served: boolean): void {
    if (this.effects !== null) this.effects.served = served;
  }

  /** One tool call over the changes so far: of the turn's calls the `index`th. `other` runs a tool that is not about files. */
  async tool(call: ToolCall, turn: number, index: number, other?: () => Promise<ToolResponse>): Promise<ToolResponse> {
    const { overlay, tag, input } = this;
    const { tools } = input.task.request;
    const governed = this.effects?.governs(call.name) === true;
    if (!governed && !tools.includes(call.name))
      return { output: notGiven(call.name, tools), isError: true, reads: [] };
    const seen = this.use === null ? {} : { overlay };
    const request = { tool: call.name, input: call.input, snapshot: input.snapshot, ...seen };
    const plain = other ?? (() => activities.tool({ ...tag, turn }, `${tag.address}#${turn}.${index + 1}`, request));
    const response = await (governed ? this.effects.tool(call, turn, index, overlay, plain) : plain());
    if (response.overlay !== undefined && this.use?.writes === true) this.overlay = response.overlay;
    return response;
  }

  /** The agent's result, with its patch (D2) and with what is to be told of its tools. */
  async ended(given: AgentResult): Promise<AgentResult> {
    const { overlay, tag } = this;
    const notes = this.effects?.notes ?? [];
    const result = notes.length === 0 ? given : { ...given, notes: [...given.notes, ...notes] };
    const { from = null, writes = false } = this.use ?? {};
    const { snapshot } = this.input;
    if (!result.ok || !writes) return result;
    if (overlay === null || overlay === from || snapshot === null) return { ...result, patch: null };
    try {
      return { ...result, patch: await activities.patch(tag, { id: tag.address, snapshot, overlay, from }) };
    } catch (error) {
      const failure = modelFailure(error);
      if (failure === null) throw error;
      const { reason, code, message } = failure;
      return { ...result, ok: false, value: null, reason, error: { code, message } };
    }
  }
}
