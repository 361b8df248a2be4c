/**
 * Runs the `agent()` calls of a run: window, ledger, then the conversation, inline or in a child.
 *
 *  D1  A call is admitted (counted against --max-calls) when the script asks; it gets a slot in the order of asking.
 *  D2  Every call that gives no value leaves exactly one outcome (DW-14).
 *  D3  An agent without tools runs in the caller's history, one with tools in a child of its own.
 */
import { condition, isCancellation } from '@temporalio/workflow';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import type { AgentInput } from '../../protocol/activities.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import { isBraidError } from '../../protocol/errors.ts';
import type { CallResult } from '../../protocol/guest.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import { NO_SPEND, type Outcome } from '../../protocol/outcome.ts';
import { runAgent } from '../agent/loop.ts';
import { noSuchTool } from '../agent/prompts.ts';
import type { AgentChildResult } from '../agent/workflow.ts';
import { activities } from '../activities.ts';
import { slotIn } from '../cancellation.ts';
import { LimitReached } from '../ledger/lease.ts';
import { resolveAgentCall, type AgentCall } from './agent-call.ts';
import { ChildEnded, type ChildKind, type Children } from '../tree/children.ts';
import { childDied, lost } from './no-result.ts';
import type { CallRow } from '../tree/details.ts';
import type { Begun } from '../script/host.ts';
import type { Tree } from '../tree/tree.ts';
import type { Workspace } from '../tree/workspace.ts';

/** A failed default model fails the run, not call by call (design §5.1). */
const FATAL = new Set([
  'BRAID_PROVIDER_KEY_MISSING',
  'BRAID_PROVIDER_KEY_REJECTED',
  'BRAID_PROVIDER_UNKNOWN',
  'BRAID_MODEL_UNKNOWN',
]);
/** A workspace that cannot be read is the same for every agent, whoever meets it first. */
const FATAL_WORKSPACE = new Set(['BRAID_WORKSPACE_TOO_LARGE', 'BRAID_WORKSPACE_UNREADABLE', 'BRAID_GIT']);

const AGENT_CHILD: ChildKind<AgentChildResult> = {
  workflow: WORKFLOWS.agent,
  used: ({ unreported, requests, usage }) => unreported ?? { requests, spend: usage },
};

type Named = Pick<Outcome, 'label' | 'phase'>;

export class Agents {
  private readonly tree: Tree;
  private readonly children: Children;
  private readonly workspace: Workspace;
  private open = 0;

  constructor(tree: Tree, children: Children, workspace: Workspace) {
    this.tree = tree;
    this.children = children;
    this.workspace = workspace;
  }

  /** An `agent()` of a program. The work never throws but for cancellation: what goes wrong is in the result. */
  begin(args: Json[], phase: string | null, prefix: string): Begun {
    const { input, warn } = this.tree;
    const opts = args[1];
    const named = isJsonObject(opts) && typeof opts.label === 'string' ? opts.label : args[0];
    const label = typeof named === 'string' ? named.slice(0, 60) : 'agent';
    const resolve = () => resolveAgentCall(args, phase, input, warn);
    return this.beginCall(`${prefix}agent:${this.tree.nextAddress()}`, { label, phase }, resolve);
  }

  /** Any call that is one conversation with a model. `named` is what is known of a call that cannot be resolved. */
  beginCall(address: string, named: Named, resolve: () => AgentCall): Begun {
    const started = Date.now();
    const limit = this.tree.admit();
    if (limit === 'wait') {
      return {
        window: null,
        run: () => this.afterAdmission(resolve, named, address, started),
        dropped: () => undefined,
      };
    }
    try {
      if (limit !== null) throw new LimitReached(limit);
      const call = this.queued(resolve, address);
      return {
        window: this.tree.window,
        run: () => this.run(call, address, started),
        dropped: () => this.givenUp(address, call, false),
      };
    } catch (error) {
      return { ok: true, value: this.refusedOrWrong(error, address, named) };
    }
  }

  private queued(resolve: () => AgentCall, address: string): AgentCall {
    const call = resolve();
    this.open += 1;
    this.show(address, call, 'queued');
    return call;
  }

  private show(address: string, call: AgentCall, state: CallRow['state']): void {
    this.tree.rows.set(address, { label: call.label, phase: call.phase, model: call.task.request.model, state });
  }

  private async afterAdmission(
    resolve: () => AgentCall,
    named: Named,
    address: string,
    started: number,
  ): Promise<CallResult> {
    let call: AgentCall;
    try {
      await this.tree.admission();
      call = this.queued(resolve, address);
    } catch (error) {
      return this.refusedOrWrong(error, address, named);
    }
    try {
      await slotIn(this.tree.window);
    } catch (error) {
      this.givenUp(address, call, false);
      throw error;
    }
    return this.run(call, address, started);
  }

  private async run(call: AgentCall, address: string, started: number): Promise<CallResult> {
    const { window } = this.tree;
    this.show(address, call, 'running');
    try {
      const result = await this.converse(address, call);
      if (result.ok) window.grow();
      for (const note of result.notes) this.tree.warn(note);
      this.open -= 1;
      return this.toCallResult(result, address, call, Date.now() - started);
    } catch (error) {
      if (isCancellation(error)) {
        this.givenUp(address, call, true);
        throw error;
      }
      this.open -= 1;
      return this.toCallResult(lost(error, call), address, call, Date.now() - started);
    } finally {
      window.release();
    }
  }

  /** Resolves when no call is open, so that a run's last word holds them all (D2). */
  idle(): Promise<void> {
    return condition(() => this.open === 0);
  }

  private async converse(address: string, call: AgentCall): Promise<AgentResult> {
    const tag: CallTag = {
      address,
      label: call.label,
      phase: call.phase,
      model: call.task.request.model,
      turn: 0,
    };
    return call.task.request.tools.length === 0 ? this.inline(tag, call) : this.child(tag, call);
  }

  private inline(tag: CallTag, call: AgentCall): Promise<AgentResult> {
    return runAgent(call.task, {
      lease: this.tree.desk,
      model: async (request, turn) => {
        if (this.tree.paused) await condition(() => !this.tree.paused);
        return activities.model({ ...tag, turn, notes: this.tree.story.take() }, request);
      },
      tool: ({ name }) => Promise.resolve({ output: noSuchTool(name), isError: true, reads: [] }),
      onRateLimited: (message) => this.tree.slowDown(message),
    });
  }

  private async child(tag: CallTag, call: AgentCall): Promise<AgentResult> {
    this.workspace.takeSnapshot();
    const input: AgentInput = {
      tag: { ...tag, notes: this.tree.story.take() },
      task: call.task,
      definition: call.definition,
      snapshot: this.tree.snapshotKey(),
      capped: this.tree.capped,
      engine: this.tree.input.engine,
    };
    try {
      const result = await this.children.run(AGENT_CHILD, input.tag, input);
      if (result.rateLimited > 0) this.tree.slowDown('');
      return result;
    } catch (error) {
      if (error instanceof ChildEnded) return childDied(error.failure, call);
      throw error;
    }
  }

  private refusedOrWrong(error: unknown, address: string, named: Named): CallResult {
    const call = { ...named, task: { request: { model: this.tree.input.models.main } } };
    if (error instanceof LimitReached) {
      this.tree.refuse();
      const limit = this.tree.ledger.limitOf(error.limit);
      const message = `The run's limit ${error.limit} = ${limit} is reached, so this call was not made. Raise it with ${flagOf(error.limit)}.`;
      return this.noValue(
        'refused',
        error.limit === 'maxTimeMs' ? 'BRAID_TIME' : 'BRAID_BUDGET_EXHAUSTED',
        message,
        address,
        call,
        0,
        true,
      );
    }
    if (!isBraidError(error)) throw error;
    this.tree.failed += 1;
    return this.noValue('error', error.code, error.message, address, call, 0, true);
  }

  private toCallResult(result: AgentResult, address: string, call: AgentCall, ms: number): CallResult {
    this.show(address, call, result.ok ? 'done' : 'failed');
    const base = { usage: result.usage, replayed: false, degraded: result.degraded, ms };
    if (result.ok) {
      if (result.degraded) this.tree.warn(`${call.label}: the structured output came on the last try (degraded)`);
      return { ...base, ok: true, value: result.value, reason: null, error: null, throws: false, outcome: null };
    }
    const reason = result.reason ?? 'error';
    const { code, message } = result.error ?? { code: 'BRAID_INTERNAL', message: 'no reason given' };
    if (reason === 'refused') this.tree.refuse();
    else this.tree.failed += 1;
    if (FATAL_WORKSPACE.has(code) || (FATAL.has(code) && call.task.request.model === this.tree.input.models.main)) {
      this.tree.fail({ code, message, fix: isErrorCode(code) ? ERRORS[code].fix : '' });
    }
    const throws = reason === 'schema' || reason === 'refused';
    return { ...this.noValue(reason, code, message, address, call, result.requests, throws), ...base };
  }

  /** The script, the clock or the run's end took the call away before it had a value (D2). */
  private givenUp(address: string, call: AgentCall, sent: boolean): void {
    const { timeIsUp } = this.tree;
    this.open -= 1;
    this.show(address, call, 'failed');
    const never = timeIsUp && !sent;
    if (never) this.tree.refuse();
    else this.tree.failed += 1;
    const code = timeIsUp ? 'BRAID_TIME' : 'BRAID_CALL_CANCELLED';
    const why = timeIsUp ? "The run's time was used up" : 'The script or the run ended';
    const reason = never ? 'refused' : timeIsUp ? 'timeout' : 'cancelled';
    this.noValue(reason, code, `${why} before this call was done.`, address, call, 0, true);
  }

  private noValue(
    reason: Outcome['reason'],
    code: string,
    message: string,
    address: string,
    call: { label: string; phase: string | null; task: { request: { model: string } } },
    attempts: number,
    throws: boolean,
  ): CallResult {
    const model = call.task.request.model;
    const outcome: Outcome = { address, label: call.label, phase: call.phase, reason, code, message, model, attempts };
    this.tree.outcomes.push(outcome);
    const error = { code, message };
    return {
      ok: false,
      value: null,
      reason,
      error,
      usage: NO_SPEND,
      replayed: false,
      degraded: false,
      ms: 0,
      throws,
      outcome,
    };
  }
}

function flagOf(limit: string): string {
  return `--${limit.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
