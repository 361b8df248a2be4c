/**
 * Where an agent's tools with effects pass: policy, then a person where the policy asks for one, then the tool.
 *
 *  E1  Nothing runs that the policy denies, or that it asks for and nobody let pass; the agent is told so by an answer, never by a failure.
 *  E2  A person lets pass what they were shown, whole: an input too long to be shown is not run. "remember" holds for the very same tool and
 *      input, with the same network, in this run.
 *  E3  A tool of which nobody knows whether it ran, here or in the run that this one resumes, is not run again unless a person says so; each
 *      time is an execution with a key of its own (activities/effects/once.ts).
 *  E4  What was refused, asked and let pass stands in the run's log, as notes of the agent.
 */
import { CancellationScope, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { AgentInput, AgentTask, ToolResponse } from '../../protocol/activities.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { AgentEffects, EffectRequest, EffectResponse, OfferedTool } from '../../protocol/effects.ts';
import { hashJson } from '../../protocol/hash.ts';
import { GATES, POLICY } from '../../protocol/limits.ts';
import type { CallTag, ToolCall } from '../../protocol/model-call.ts';
import { SEARCH_ATTRIBUTES } from '../../protocol/names.ts';
import type { OverlayRef } from '../../protocol/overlay.ts';
import { decide, matches, OVERLAY_TOOLS, type Decision } from '../../protocol/policy.ts';
import { callsOthers } from '../../protocol/tool-names.ts';
import { activities } from '../activities.ts';
import { modelFailure } from '../agent/failure.ts';
import { definitionName } from '../callables/cost-book.ts';
import { Gates } from '../gates/gates.ts';
import type { Link } from '../ledger/link.ts';
import { Story } from '../tree/story.ts';
import { StoryMarker } from '../tree/story-marker.ts';
import { approvalGate, lostGate, readApproval, type AfterLoss, type Asked } from './approval.ts';
import { isAdded, serversOf } from './added.ts';

/** Of what an agent tried, in the log: no two attempts are one line. */
const TRIED_CHARS = 120;

export class EffectDesk {
  /** For the run's log (E4). */
  readonly notes: string[] = [];
  private readonly input: AgentInput;
  private readonly effects: AgentEffects;
  private readonly tag: CallTag;
  private readonly gates: Gates;
  /** The turn whose tools are called now was not asked for, but served from the journal of an earlier run. */
  served = false;
  private asked = 0;
  /** Tools that the configuration adds and this agent has. */
  private added: OfferedTool[] = [];

  /** To be made before the workflow first waits: answers to gates arrive at it. */
  constructor(input: AgentInput & { effects: AgentEffects }, tag: CallTag, link: Pick<Link, 'waits'> | Gates) {
    this.input = input;
    this.effects = input.effects;
    this.tag = tag;
    this.gates = link instanceof Gates ? link : ownGates(link);
  }

  /** False for tools that only read, and for names that are none. */
  governs(tool: string): boolean {
    if (this.added.some(({ name }) => name === tool)) return true;
    return (
      this.input.task.request.tools.includes(tool) &&
      (tool === 'bash' || OVERLAY_TOOLS.includes(tool) || callsOthers([tool]))
    );
  }

  /** The task with the tools that its names of added ones stand for. Errors: BRAID_MCP_FAILED, BRAID_CONFIG, as of an activity. */
  async prepared(task: AgentTask): Promise<AgentTask> {
    const { tools: sources, run } = this.effects;
    const names = task.request.tools;
    const asked = names.filter((name) => isAdded(name, sources));
    if (sources === undefined || asked.length === 0) return task;
    const servers = serversOf(asked, sources);
    const found =
      servers.length === 0 ? [] : await activities.offerTools(this.tag, { run, file: sources.file, servers });
    this.added = [...sources.own, ...found].filter(({ name }) => asked.some((pattern) => matches(pattern, name)));
    const tools = [...names.filter((name) => !asked.includes(name)), ...this.added.map(({ name }) => name)];
    return {
      ...task,
      request: { ...task.request, tools, ...(this.added.length === 0 ? {} : { toolSpecs: this.added }) },
    };
  }

  /**
   * One tool call, of the turn's calls the `index`th. `overlay`: the agent's, null for none yet. `plain` runs a tool that only touches that.
   * What is wrong is an answer for the agent; throws BRAID_EFFECT_UNKNOWN when a person ends the call, and cancellation.
   */
  async tool(
    call: ToolCall,
    turn: number,
    index: number,
    overlay: OverlayRef | null,
    plain: () => Promise<ToolResponse>,
  ): Promise<ToolResponse> {
    const place = `${this.tag.address}#${turn}.${index + 1}`;
    const tag = { ...this.tag, turn };
    const refused = await this.refusal(call, tag, place);
    if (refused !== null) return this.noted(call, { output: refused, isError: true, reads: [] });
    return this.noted(
      call,
      OVERLAY_TOOLS.includes(call.name) || callsOthers([call.name])
        ? await plain()
        : await this.run(call, tag, place, overlay),
    );
  }

  /** Null: it may run (E1). */
  private async refusal({ name, input }: ToolCall, tag: CallTag, place: string): Promise<string | null> {
    const { rules, depth } = this.effects;
    const decision = decide(rules, { tool: name, input, agent: this.agentName, depth });
    if (decision.verdict === 'allow') return null;
    if (decision.verdict === 'deny') return `BRAID_POLICY_DENIED: ${name} is not allowed here: ${decision.why}.`;
    return this.ask({ name, input }, decision, tag, place);
  }

  private async ask(
    call: Pick<ToolCall, 'name' | 'input'>,
    { why }: Decision,
    tag: CallTag,
    place: string,
  ): Promise<string | null> {
    const asked = this.describe(call);
    const spec = approvalGate({ ...asked, why });
    if ((spec.details ?? '').length > GATES.detailsChars || JSON.stringify(call.input).length > POLICY.inputChars) {
      return `BRAID_POLICY_DENIED: this input of ${call.name} is too long to be shown to the person who would have to allow it.`;
    }
    const approval = { run: this.effects.run, digest: asked.digest };
    const { remembered } = await activities.approval(tag, `${place}/remembered`, { ...approval, remember: false });
    if (remembered) return null;
    const answer = readApproval(await this.gate(spec));
    if (answer.verdict === 'no') {
      this.note(`${call.name}: a person said no${answer.reason === null ? '' : `: ${answer.reason}`}`);
      return `BRAID_POLICY_DENIED: a person did not allow this${answer.reason === null ? '.' : `: ${answer.reason}`}`;
    }
    if (answer.verdict === 'remember')
      await activities.approval(tag, `${place}/remember`, { ...approval, remember: true });
    this.note(`${call.name} was let pass by a person (${answer.verdict}): ${JSON.stringify(call.input)}`);
    return null;
  }

  /** E3. */
  private async run(call: ToolCall, tag: CallTag, place: string, overlay: OverlayRef | null): Promise<ToolResponse> {
    const { workflowId, firstExecutionRunId } = workflowInfo();
    const source = this.sourceOf(call.name);
    const repeatable = source.added === undefined && !this.effects.shell.network;
    // The run that this one resumes was told to do it, and may have done it.
    let problem = this.served && !repeatable ? 'an earlier run, which this one resumes, was to do it as well' : null;
    for (let time = 1; ; time += 1) {
      if (problem !== null) {
        const given = await this.choose(call, problem);
        if (given !== null) return given;
      }
      const again = time === 1 ? '' : `~${time}`;
      const response = await this.attempt(tag, `${place}${again}`, {
        key: `${workflowId} ${firstExecutionRunId} ${place}${again}`,
        tool: call.name,
        input: call.input,
        snapshot: this.input.snapshot,
        overlay,
        shell: this.effects.shell,
        ...source,
      });
      if (!('unknown' in response)) return response;
      problem = 'it was under way when its worker was lost';
    }
  }

  /** A person chooses what becomes of a call of which nobody knows whether it was done; null: it is to be run. */
  private async choose(call: ToolCall, problem: string): Promise<ToolResponse | null> {
    const choice = (await this.gate(lostGate({ ...this.describe(call), why: problem }))) as AfterLoss;
    this.note(`${call.name}: ${problem}; a person chose: ${choice}`);
    const what = `Nobody knows whether ${call.name} was done: ${problem}`;
    if (choice === 'fail') throw new BraidError('BRAID_EFFECT_UNKNOWN', `${what}; a person ended the call.`);
    if (choice === 'again') return null;
    return { output: `BRAID_EFFECT_UNKNOWN: ${what}. It is not repeated.`, isError: true, reads: [] };
  }

  private async attempt(tag: CallTag, id: string, request: EffectRequest): Promise<EffectResponse> {
    try {
      return await activities.effect(tag, id, request);
    } catch (error) {
      const failure = modelFailure(error);
      if (failure === null) throw error;
      // Lost with each worker that tried it. What cannot be repeated is then unknown; a command that can may well be what kills workers.
      if (failure.code === 'BRAID_CALL_LOST' && (request.added !== undefined || request.shell.network))
        return { unknown: true };
      return { output: `${failure.code}: ${failure.message}`, isError: true, reads: [] };
    }
  }

  private sourceOf(tool: string): Pick<EffectRequest, 'added'> {
    const offered = this.added.find(({ name }) => name === tool);
    const file = this.effects.tools?.file;
    return offered === undefined || file === undefined ? {} : { added: { file, offered } };
  }

  private gate(spec: Parameters<Gates['ask']>[1]) {
    this.asked += 1;
    return this.gates.ask(`${this.tag.address}/ask:${this.asked}`, spec, null);
  }

  private describe({ name, input }: Pick<ToolCall, 'name' | 'input'>): Omit<Asked, 'why'> {
    const { network } = this.effects.shell;
    const { address, label } = this.tag;
    const digest = hashJson({ tool: name, input, network });
    return { tool: name, input, agent: { address, label, definition: this.input.definition }, network, digest };
  }

  /** `NAME (source)` is how a call names its definition. */
  private get agentName(): string | null {
    return definitionName(this.input.definition);
  }

  private noted(call: ToolCall, response: ToolResponse): ToolResponse {
    const code = /^BRAID_[A-Z_]+/.exec(response.output);
    if (response.isError && code !== null) {
      const tried = JSON.stringify(call.input).slice(0, TRIED_CHARS);
      this.note(
        `${call.name}: ${response.output.split('\n')[0]?.slice(0, 300 - TRIED_CHARS) ?? ''} It was asked for ${tried}`,
      );
    }
    return response;
  }

  private note(text: string): void {
    if (this.notes.length >= POLICY.notes) return;
    this.notes.push(`${this.tag.address} ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`);
  }
}

function ownGates(link: Pick<Link, 'waits'>): Gates {
  const story = new Story(() => Date.now());
  const marker = new StoryMarker(story, CancellationScope.current());
  return new Gates({
    tell: (text, gate) => story.addGate(text, gate),
    flush: () => marker.flush(),
    waiting: (waits) => {
      upsertSearchAttributes({ [SEARCH_ATTRIBUTES.state]: [waits ? 'waiting' : 'running'] });
      link.waits(waits);
    },
  });
}
