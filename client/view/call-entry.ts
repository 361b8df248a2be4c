/**
 * The life of one call, as its events tell it.
 *
 *  C1  A {@link CallView} is replaced, never changed in place: views that were handed out stay as they are.
 *  C2  A reply is final only when the program reacted to it without asking again: until then the call is not `settled`.
 *  C3  An agent child's result beats what was added up from its turns.
 */
import { isErrorCode } from '../../protocol/error-table.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { ReplayedCall } from '../../protocol/model-call.ts';
import { addSpend, NO_SPEND, type Outcome, type OutcomeReason, type Spend } from '../../protocol/outcome.ts';
import type { CallKind, CallState, CallView } from '../../protocol/view.ts';
import { kindOf } from './addresses.ts';
import type { ActivityEvent, FailureData } from '../../histories/decoded.ts';
import { parseAnswer, parseFailureCost, type AgentEnd, type Answer, type SeenTag } from './parse.ts';
import type { NodeEnd } from './parse-rlm.ts';

const SLOW_DOWN = 'the provider asked to slow down';

export interface CallEntry {
  view: CallView;
  /** Event of the caller's history that gave the answer to which the program has not reacted yet (C2). */
  answeredAt: number | null;
  /** The last turn's answer was a reply without a valid structured output: one more turn proves that one is wanted. */
  replied: boolean;
  structured: boolean;
  badTries: number;
  /** What attempts cost that were given up: a child's result tells of its own attempt only. */
  before: { requests: number; spend: Spend };
}

/** What a call is known by when it begins. */
export type Named = Pick<SeenTag, 'address' | 'label' | 'phase' | 'model'> & { why?: string | null };

/** `kind` is what a call is whose address does not tell. */
export function openCall(tag: Named, at: number, child: string | null, kind: CallKind = 'agent'): CallEntry {
  const view: CallView = {
    address: tag.address,
    kind: kindOf(tag.address) ?? kind,
    label: tag.label,
    phase: tag.phase,
    model: tag.model,
    state: 'queued',
    settled: false,
    attempts: 0,
    turns: 0,
    toolCalls: 0,
    requests: 0,
    inputTokens: 0,
    outputTokens: 0,
    usd: 0,
    queuedAt: at,
    startedAt: null,
    endedAt: null,
    lastSign: at,
    error: null,
    hint: null,
    child,
    from: null,
    saved: null,
    why: tag.why ?? null,
  };
  const before = { requests: 0, spend: NO_SPEND };
  return { view, answeredAt: null, replied: false, structured: false, badTries: 0, before };
}

/** A call that was served from an earlier run: what it cost then stands apart from what this run spends. */
export function replayedCall(call: ReplayedCall, at: number): CallEntry {
  const entry = openCall(call, at, null, call.kind);
  patch(entry, at, { state: 'replayed', settled: true, endedAt: at, from: call.from, saved: call.usage });
  return entry;
}

/** A call that had ended begins anew (DW-52): what it cost stays, how it ended does not. */
export function reopen(entry: CallEntry, tag: Named, at: number, child: string | null): void {
  const { requests, inputTokens, outputTokens, usd } = entry.view;
  const before = { requests, spend: { inputTokens, outputTokens, usd } };
  Object.assign(entry, { answeredAt: null, replied: false, structured: false, badTries: 0, before });
  const begun = { state: 'queued', settled: false, startedAt: null, endedAt: null, error: null, hint: null } as const;
  patch(entry, at, { ...begun, queuedAt: at, attempts: 0, child, model: tag.model ?? entry.view.model });
}

/** A turn of a call without tools begins. */
export function turnScheduled(entry: CallEntry, at: number): void {
  if (entry.replied && !entry.structured) {
    entry.structured = true;
    entry.badTries += 1;
  }
  entry.replied = false;
  entry.answeredAt = null;
  const { view } = entry;
  patch(entry, at, {
    state: 'queued',
    turns: view.turns + 1,
    attempts: 0,
    settled: false,
    endedAt: null,
    error: null,
    hint: null,
  });
}

/** History keeps the start of the last attempt only, so that a repeated call counts from when it was queued. */
export function attemptStarted(entry: CallEntry, attempt: number, at: number): void {
  const startedAt = entry.view.startedAt ?? (attempt > 1 ? entry.view.queuedAt : at);
  patch(entry, at, { state: 'running', attempts: attempt, startedAt });
}

/** A turn of a call without tools was answered by event `id`. */
export function answered(entry: CallEntry, answer: Answer, id: number, at: number): void {
  charge(entry, answer.requests, answer.usage);
  if (answer.rateLimited) return patch(entry, at, { state: 'waiting', hint: SLOW_DOWN });
  entry.replied = answer.submit !== 'valid';
  if (answer.submit === 'valid' || (answer.submit === 'none' && !entry.structured)) {
    entry.answeredAt = id;
    return patch(entry, at, { state: 'done', endedAt: at, hint: null });
  }
  entry.structured = true;
  entry.badTries += 1;
  if (entry.badTries < LIMITS.schemaTries)
    return patch(entry, at, { state: 'running', hint: 'asked again for a valid output' });
  entry.answeredAt = id;
  const message = `The model gave no valid structured output in ${entry.badTries} tries.`;
  conclude(entry, at, { reason: 'schema', code: 'BRAID_CALL_SCHEMA', message });
}

/** A call's activity or child failed by event `id`. */
export function callFailed(entry: CallEntry, failure: FailureData, id: number, at: number): void {
  // What a failed child cost stands in its own history.
  if (entry.view.child === null) chargeFailure(entry, failure);
  entry.answeredAt = id;
  conclude(entry, at, errorOf(failure));
}

export function abandoned(entry: CallEntry, reason: 'timeout' | 'cancelled', at: number): void {
  if (entry.view.endedAt !== null) return;
  conclude(entry, at, ABANDONED[reason]);
}

/** An activity of an agent child begins. */
export function childActivity(entry: CallEntry, name: string, at: number): void {
  if (entry.view.endedAt !== null) return;
  patch(entry, at, { turns: entry.view.turns + Number(name === 'model'), hint: null });
}

/** A turn inside an agent child: its cost counts, its answer is the child's business. */
export function childTurn(entry: CallEntry, answer: Answer, at: number): void {
  charge(entry, answer.requests, answer.usage);
  if (entry.view.endedAt !== null) return;
  const hint = answer.rateLimited ? { hint: SLOW_DOWN } : {};
  patch(entry, at, { toolCalls: entry.view.toolCalls + answer.toolCalls, ...hint });
}

/** A request of the program that answers a call. */
export function ownRequest(entry: CallEntry, cost: { usage: Spend; requests: number }, at: number): void {
  charge(entry, cost.requests, cost.usage);
  if (entry.view.endedAt === null) patch(entry, at, {});
}

/** An activity that nobody waits for any more: it costs what it cost. */
export function chargeGivenUp(entry: CallEntry, event: ActivityEvent): void {
  if (event.type === 'activityFailed') chargeFailure(entry, event.failure);
  if (event.type !== 'activityCompleted') return;
  const { requests, usage } = parseAnswer(event.result);
  charge(entry, requests, usage);
}

/** A person ended the call (DW-52); what it still does is not waited for. */
export function skipped(entry: CallEntry, at: number): void {
  const { error, settled } = entry.view;
  if (!settled || error?.reason === 'cancelled') conclude(entry, at, ABANDONED.skipped);
}

export function chargeFailure(entry: CallEntry, failure: FailureData): void {
  const cost = parseFailureCost(failure.details);
  charge(entry, cost.requests, cost.usage);
}

/** An agent child gave its result (C3). */
export function childEnded(entry: CallEntry, end: AgentEnd | null, at: number): void {
  if (end === null) {
    patch(entry, at, { state: 'done', endedAt: at, hint: null });
  } else {
    const { before } = entry;
    const total = {
      ...addSpend(before.spend, end.usage),
      requests: before.requests + end.requests,
      turns: end.steps,
      toolCalls: end.toolCalls,
    };
    const changes = end.patch === undefined ? {} : { patch: end.patch };
    patch(entry, at, { ...total, model: end.model ?? entry.view.model, saved: end.saved, ...changes });
    if (end.error === null) patch(entry, at, { state: 'done', endedAt: at, hint: null });
    else conclude(entry, at, end.error);
  }
  settle(entry);
}

/** A script or an RLM gave its result. What it cost stands in its own history. */
export function programEnded(entry: CallEntry, end: NodeEnd | null, at: number): void {
  // Its own history may be read later, or never.
  const changed = entry.view.kind === 'agent' && end?.patch !== undefined ? { patch: end.patch } : {};
  patch(entry, at, { turns: Math.max(entry.view.turns, end?.iterations ?? 0), ...changed });
  if (end?.status === 'cancelled') conclude(entry, at, ABANDONED.cancelled);
  else if (end !== null && end.error !== null) {
    const { code, message } = end.error;
    conclude(entry, at, { reason: REASON_OF.get(code) ?? 'error', code, message });
  } else patch(entry, at, { state: 'done', endedAt: at, hint: null });
  settle(entry);
}

/** Nobody can tell any more how it ended, and no record says that it failed. */
export function endedUnseen(entry: CallEntry, at: number): void {
  if (entry.view.endedAt === null) patch(entry, at, { state: 'done', endedAt: at, hint: null });
}

/** What the script's own record says in the end beats what was derived. */
export function applyOutcome(entry: CallEntry, outcome: Outcome, at: number): void {
  const { reason, code, message } = outcome;
  const endedAt = entry.view.endedAt ?? at;
  patch(entry, entry.view.lastSign, { state: stateOf(reason), endedAt, error: { reason, code, message }, hint: null });
  settle(entry);
}

export function settle(entry: CallEntry): void {
  entry.answeredAt = null;
  entry.view = { ...entry.view, settled: true };
}

function patch(entry: CallEntry, at: number, change: Partial<CallView>): void {
  entry.view = { ...entry.view, lastSign: Math.max(entry.view.lastSign, at), ...change };
}

function charge(entry: CallEntry, requests: number, spend: Spend): void {
  const { inputTokens, outputTokens, usd } = addSpend(entry.view, spend);
  entry.view = { ...entry.view, requests: entry.view.requests + requests, inputTokens, outputTokens, usd };
}

function conclude(entry: CallEntry, at: number, error: NonNullable<CallView['error']>): void {
  patch(entry, at, { state: stateOf(error.reason), endedAt: at, error, hint: null });
}

function stateOf(reason: OutcomeReason): CallState {
  if (reason === 'refused') return 'refused';
  return reason === 'cancelled' || reason === 'skipped' ? 'cancelled' : 'failed';
}

const ABANDONED = {
  timeout: { reason: 'timeout', code: 'BRAID_CALL_TIMEOUT', message: 'The call took longer than its timeout.' },
  skipped: { reason: 'skipped', code: 'BRAID_CALL_SKIPPED', message: 'A person skipped this call.' },
  cancelled: { reason: 'cancelled', code: 'BRAID_CALL_CANCELLED', message: 'The call was cancelled before it ended.' },
} as const;

function errorOf(failure: FailureData): NonNullable<CallView['error']> {
  if (failure.kind === 'cancelled' || failure.kind === 'terminated') return ABANDONED.cancelled;
  if (failure.kind === 'timeout') {
    return {
      reason: 'timeout',
      code: 'BRAID_CALL_LOST',
      message: `The call was lost with its worker too often (${failure.message}).`,
    };
  }
  const code = isErrorCode(failure.code) ? failure.code : 'BRAID_INTERNAL';
  return { reason: REASON_OF.get(code) ?? 'error', code, message: failure.message };
}

const REASON_OF: ReadonlyMap<string, OutcomeReason> = new Map([
  ['BRAID_CALL_SCHEMA', 'schema'],
  ['BRAID_CALL_TIMEOUT', 'timeout'],
  ['BRAID_CALL_CANCELLED', 'cancelled'],
  ['BRAID_CALL_SKIPPED', 'skipped'],
  ['BRAID_BUDGET_EXHAUSTED', 'refused'],
  ['BRAID_DEPTH', 'refused'],
]);
