/**
 * Runs the `agent()` calls of a run: window, ledger, then the conversation, inline or in a child.
 *
 *  D1  A call is admitted (counted against --max-calls) when the script asks; it gets a slot in the order of asking.
 *  D2  Every call that gives no value leaves exactly one outcome (DW-14).
 *  D3  An agent without tools runs in the caller's history, one with tools in a child of its own.
 */
import { ApplicationFailure, ChildWorkflowFailure, isCancellation, startChild, type ChildWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import type { AgentInput } from '../../protocol/activities.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import { isBraidError } from '../../protocol/errors.ts';
import type { CallResult } from '../../protocol/guest.ts';
import type { Json } from '../../protocol/json.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { SIGNALS, summaryOf, WORKFLOWS } from '../../protocol/names.ts';
import { NO_SPEND, type Outcome } from '../../protocol/outcome.ts';
import { runAgent } from '../agent/loop.ts';
import type { agent } from '../agent/workflow.ts';
import { activities } from '../activities.ts';
import { LimitReached } from '../ledger/lease.ts';
import { resolveAgentCall, type AgentCall } from './agent-call.ts';
import { ChildDesk } from './child-desk.ts';
import type { Tree } from './tree.ts';

/** A failed default model fails the run, not call by call (design §5.1). */
const FATAL = new Set([
  'BRAID_PROVIDER_KEY_MISSING',
  'BRAID_PROVIDER_KEY_REJECTED',
  'BRAID_PROVIDER_UNKNOWN',
  'BRAID_MODEL_UNKNOWN',
]);

export class Agents {
  private readonly tree: Tree;
  private readonly children: ChildDesk;
  private readonly handles = new Map<string, ChildWorkflowHandle<typeof agent>>();
  private snapshot: Promise<void> | null = null;

  constructor(tree: Tree) {
    this.tree = tree;
    this.children = new ChildDesk(tree);
  }

  /** Never throws but for cancellation: what goes wrong is in the result. */
  async call(args: Json[], phase: string | null, prefix: string): Promise<CallResult> {
    const address = `${prefix}agent:${this.tree.nextAddress()}`;
    const started = Date.now();
    let call: AgentCall;
    try {
      call = resolveAgentCall(args, phase, this.tree.input, this.tree.warn);
      await this.admit();
    } catch (error) {
      return this.refusedOrWrong(error, address, args, phase);
    }
    const row = { label: call.label, phase: call.phase, model: call.task.request.model, state: 'queued' as const };
    this.tree.rows.set(address, row);
    await new Promise<void>((resolve) => this.tree.window.request(resolve));
    this.tree.rows.set(address, { ...row, state: 'running' });
    try {
      const result = await this.converse(address, call);
      if (result.ok) this.tree.window.grow();
      this.tree.rows.set(address, { ...row, state: result.ok ? 'done' : 'failed' });
      return this.toCallResult(result, address, call, Date.now() - started);
    } finally {
      this.tree.window.release();
    }
  }

  /** Passes pause and resume down to running agents. */
  async tellChildren(signal: typeof SIGNALS.pause | typeof SIGNALS.resume): Promise<void> {
    await Promise.allSettled([...this.handles.values()].map((handle) => handle.signal(signal)));
  }

  private async admit(): Promise<void> {
    for (;;) {
      const limit = this.tree.ledger.admitCall();
      if (limit === null) return;
      await this.tree.overLimit(limit);
    }
  }

  private async converse(address: string, call: AgentCall): Promise<AgentResult> {
    const tag: CallTag = {
      address,
      label: call.label,
      phase: call.phase,
      model: call.task.request.model,
      turn: 0,
      notes: this.tree.story.take(),
    };
    return call.task.request.tools.length === 0 ? this.inline(tag, call) : this.child(tag, call);
  }

  private inline(tag: CallTag, call: AgentCall): Promise<AgentResult> {
    return runAgent(call.task, {
      lease: this.tree.desk,
      model: (request, turn) => activities.model(turn === 0 ? tag : { ...tag, turn, notes: this.tree.story.take() }, request),
      tool: () => Promise.reject(ApplicationFailure.nonRetryable('an agent without tools asked for one', 'BRAID_INTERNAL')),
      onRateLimited: (message) => this.slowDown(message),
    });
  }

  private async child(tag: CallTag, call: AgentCall): Promise<AgentResult> {
    this.takeSnapshot();
    const input: AgentInput = {
      tag,
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
      if (this.tree.paused) void handle.signal(SIGNALS.pause);
      const result = await handle.result();
      this.children.close(workflowId, result, result.unreported);
      if (result.rateLimited > 0) this.slowDown('');
      for (const note of result.notes) this.tree.warn(note);
      return result;
    } catch (error) {
      this.children.close(workflowId, null, null);
      const died = childDied(error, call);
      if (died === null) throw error;
      return died;
    } finally {
      this.handles.delete(workflowId);
    }
  }

  /** Once per run, beside the first agent that may read; nobody waits for it here, but its failure ends the run. */
  private takeSnapshot(): void {
    const key = this.tree.snapshotKey();
    if (this.snapshot !== null || key === null) return;
    const tag: CallTag = { address: 'snapshot', label: 'workspace', phase: null, model: null, turn: 0 };
    this.snapshot = activities.snapshot(tag, key).then(
      () => undefined,
      (error: unknown) => {
        const cause = error instanceof Error ? error.cause : undefined;
        if (isCancellation(error) || !(cause instanceof ApplicationFailure)) return;
        const code = isErrorCode(cause.type) ? cause.type : 'BRAID_INTERNAL';
        this.tree.fail({ code, message: cause.message, fix: ERRORS[code].fix });
      },
    );
  }

  private slowDown(message: string): void {
    this.tree.window.shrink();
    if (message !== '') this.tree.warn(`the provider asks to slow down: ${message}`);
  }

  private refusedOrWrong(error: unknown, address: string, args: Json[], phase: string | null): CallResult {
    const label = typeof args[0] === 'string' ? args[0].slice(0, 60) : 'agent';
    const call = { label, phase, task: { request: { model: this.tree.input.models.main } } };
    if (error instanceof LimitReached) {
      this.tree.ledger.refused += 1;
      const limit = this.tree.ledger.limitOf(error.limit);
      const message = `The run's limit ${error.limit} = ${limit} is reached, so this call was not made. Raise it with ${flagOf(error.limit)}.`;
      return this.noValue('refused', error.limit === 'maxTimeMs' ? 'BRAID_TIME' : 'BRAID_BUDGET_EXHAUSTED', message, address, call, 0, true);
    }
    if (!isBraidError(error)) throw error;
    this.tree.ledger.admitCall();
    this.tree.failed += 1;
    return this.noValue('error', error.code, error.message, address, call, 0, true);
  }

  private toCallResult(result: AgentResult, address: string, call: AgentCall, ms: number): CallResult {
    const base = { usage: result.usage, replayed: false, degraded: result.degraded, ms };
    if (result.ok) {
      if (result.degraded) this.tree.warn(`${call.label}: the structured output came on the last try (degraded)`);
      return { ...base, ok: true, value: result.value, reason: null, error: null, throws: false, outcome: null };
    }
    const reason = result.reason ?? 'error';
    const { code, message } = result.error ?? { code: 'BRAID_INTERNAL', message: 'no reason given' };
    if (reason === 'refused') this.tree.ledger.refused += 1;
    else this.tree.failed += 1;
    if (FATAL.has(code) && call.task.request.model === this.tree.input.models.main) {
      this.tree.fail({ code, message, fix: isErrorCode(code) ? ERRORS[code].fix : '' });
    }
    const throws = reason === 'schema' || reason === 'refused';
    return { ...this.noValue(reason, code, message, address, call, result.requests, throws), ...base };
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
    return { ok: false, value: null, reason, error, usage: NO_SPEND, replayed: false, degraded: false, ms: 0, throws, outcome };
  }
}

function flagOf(limit: string): string {
  return `--${limit.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A child that ended without a result: terminated from outside, or failed in a way it could not report. */
function childDied(error: unknown, call: AgentCall): AgentResult | null {
  if (isCancellation(error) || !(error instanceof ChildWorkflowFailure)) return null;
  const message = `The agent's workflow ended without a result: ${error.cause?.message ?? error.message}.`;
  return {
    ok: false,
    value: null,
    reason: 'error',
    error: { code: 'BRAID_CALL_LOST', message },
    degraded: false,
    usage: NO_SPEND,
    requests: 0,
    steps: 0,
    toolCalls: 0,
    rateLimited: 0,
    reads: [],
    notes: [],
    model: call.task.request.model,
  };
}
