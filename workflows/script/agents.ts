/**
 * Runs the `agent()` calls of a run: window, ledger, then the conversation, inline or in a child.
 *
 *  D1  A call is admitted (counted against --max-calls) when the script asks; it gets a slot in the order of asking.
 *  D2  Every call that gives no value leaves exactly one outcome (DW-14).
 *  D3  An agent without tools runs in the caller's history, one with tools in a child of its own.
 */
import {
  CancellationScope,
  condition,
  isCancellation,
  startChild,
  type ChildWorkflowHandle,
  workflowInfo,
} from '@temporalio/workflow';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import type { AgentInput } from '../../protocol/activities.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import { isBraidError } from '../../protocol/errors.ts';
import type { CallResult } from '../../protocol/guest.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { SIGNALS, summaryOf, WORKFLOWS } from '../../protocol/names.ts';
import { NO_SPEND, type Outcome } from '../../protocol/outcome.ts';
import { runAgent } from '../agent/loop.ts';
import { noSuchTool } from '../agent/prompts.ts';
import type { agent } from '../agent/workflow.ts';
import { activities } from '../activities.ts';
import { slotIn } from '../cancellation.ts';
import { LimitReached } from '../ledger/lease.ts';
import { resolveAgentCall, type AgentCall } from './agent-call.ts';
import { ChildDesk } from './child-desk.ts';
import { childDied, lost } from './no-result.ts';
import type { CallRow } from './details.ts';
import type { Begun } from './host.ts';
import type { Tree } from './tree.ts';
import { Workspace } from './workspace.ts';

/** A failed default model fails the run, not call by call (design §5.1). */
const FATAL = new Set([
  'BRAID_PROVIDER_KEY_MISSING',
  'BRAID_PROVIDER_KEY_REJECTED',
  'BRAID_PROVIDER_UNKNOWN',
  'BRAID_MODEL_UNKNOWN',
]);
/** A workspace that cannot be read is the same for every agent, whoever meets it first. */
const FATAL_WORKSPACE = new Set(['BRAID_WORKSPACE_TOO_LARGE', 'BRAID_WORKSPACE_UNREADABLE', 'BRAID_GIT']);

export class Agents {
  private readonly tree: Tree;
  private readonly children: ChildDesk;
  private readonly handles = new Map<string, ChildWorkflowHandle<typeof agent>>();
  private readonly workspace: Workspace;
  private open = 0;

  constructor(tree: Tree) {
    this.tree = tree;
    this.children = new ChildDesk(tree);
    this.workspace = new Workspace(tree);
  }

  /** The work never throws but for cancellation: what goes wrong is in the result. */
  begin(args: Json[], phase: string | null, prefix: string): Begun {
    const address = `${prefix}agent:${this.tree.nextAddress()}`;
    const started = Date.now();
    const limit = this.tree.admit();
    if (limit === 'wait') {
      return { window: null, run: () => this.afterAdmission(args, phase, address, started), dropped: () => undefined };
    }
    try {
      if (limit !== null) throw new LimitReached(limit);
      const call = this.queued(args, phase, address);
      return {
        window: this.tree.window,
        run: () => this.run(call, address, started),
        dropped: () => this.givenUp(address, call, false),
      };
    } catch (error) {
      return { ok: true, value: this.refusedOrWrong(error, address, args, phase) };
    }
  }

  private queued(args: Json[], phase: string | null, address: string): AgentCall {
    const call = resolveAgentCall(args, phase, this.tree.input, this.tree.warn);
    this.open += 1;
    this.show(address, call, 'queued');
    return call;
  }

  private show(address: string, call: AgentCall, state: CallRow['state']): void {
    this.tree.rows.set(address, { label: call.label, phase: call.phase, model: call.task.request.model, state });
  }

  private async afterAdmission(
    args: Json[],
    phase: string | null,
    address: string,
    started: number,
  ): Promise<CallResult> {
    let call: AgentCall;
    try {
      await this.tree.admission();
      call = this.queued(args, phase, address);
    } catch (error) {
      return this.refusedOrWrong(error, address, args, phase);
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

  /** Passes pause and resume down to running agents. */
  async tellChildren(signal: typeof SIGNALS.pause | typeof SIGNALS.resume): Promise<void> {
    await Promise.allSettled([...this.handles.values()].map((handle) => handle.signal(signal)));
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
      onRateLimited: (message) => this.slowDown(message),
    });
  }

  private async child(tag: CallTag, call: AgentCall): Promise<AgentResult> {
    this.workspace.takeSnapshot();
    const input: AgentInput = {
      tag: { ...tag, notes: this.tree.story.take() },
      task: call.task,
      definition: call.definition,
      snapshot: this.tree.snapshotKey(),
      capped: this.tree.ledger.capped,
      engine: this.tree.input.engine,
    };
    const workflowId = `${workflowInfo().workflowId}/${tag.address}`;
    try {
      const handle = await startChild<typeof agent>(WORKFLOWS.agent, {
        workflowId,
        args: [input],
        staticSummary: summaryOf(call.phase, call.label),
        parentClosePolicy: 'REQUEST_CANCEL',
        cancellationType: 'WAIT_CANCELLATION_REQUESTED',
        workflowTaskTimeout: LIMITS.workflowTaskMs,
      });
      this.handles.set(workflowId, handle);
      if (this.tree.paused) handle.signal(SIGNALS.pause).catch(() => undefined);
      const result = await handle.result();
      this.children.close(workflowId, result, result.unreported);
      if (result.rateLimited > 0) this.slowDown('');
      return result;
    } catch (error) {
      this.children.close(workflowId, null, null);
      if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
      return childDied(error, call);
    } finally {
      this.handles.delete(workflowId);
    }
  }

  private slowDown(message: string): void {
    this.tree.window.shrink();
    if (message !== '') this.tree.warn(`the provider asks to slow down: ${message}`);
  }

  private refusedOrWrong(error: unknown, address: string, args: Json[], phase: string | null): CallResult {
    const named = isJsonObject(args[1]) && typeof args[1].label === 'string' ? args[1].label : args[0];
    const label = typeof named === 'string' ? named.slice(0, 60) : 'agent';
    const call = { label, phase, task: { request: { model: this.tree.input.models.main } } };
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
