/** Results of calls that could not report one themselves. */
import { ChildWorkflowFailure, isCancellation } from '@temporalio/workflow';
import type { AgentResult } from '../../protocol/agent-result.ts';
import { addSpend, NO_SPEND, type Outcome } from '../../protocol/outcome.ts';
import type { AgentCall } from './agent-call.ts';
import { skippedError } from './steering.ts';

/** A child that ended without a result: cancelled or terminated from outside, or failed in a way it could not report. */
export function childDied(error: unknown, call: AgentCall): AgentResult {
  const cancelled = isCancellation(error);
  const cause = error instanceof ChildWorkflowFailure ? (error.cause ?? error) : error;
  const message = `The agent's workflow ended without a result: ${cause instanceof Error ? cause.message : String(cause)}.`;
  const code = cancelled ? 'BRAID_CALL_CANCELLED' : 'BRAID_CALL_LOST';
  return noResult(cancelled ? 'cancelled' : 'error', { code, message }, call.task.request.model);
}

/** What should not be possible: the run goes on with one call less. */
export function lost(error: unknown, call: AgentCall): AgentResult {
  return noResult(
    'error',
    { code: 'BRAID_INTERNAL', message: error instanceof Error ? error.message : String(error) },
    call.task.request.model,
  );
}

/** A person skipped the call. */
export function skippedResult(call: AgentCall): AgentResult {
  const { code, message } = skippedError();
  return noResult('skipped', { code, message }, call.task.request.model);
}

/** What attempts used that were given up stays the call's. */
export function afterAttempts(before: AgentResult[], last: AgentResult): AgentResult {
  const usage = before.reduce((sum, one) => addSpend(sum, one.usage), last.usage);
  const requests = before.reduce((sum, one) => sum + one.requests, last.requests);
  return before.length === 0 ? last : { ...last, usage, requests };
}

/** A call that ended before its conversation began. */
export function notBegun(error: { code: string; message: string }, call: AgentCall): AgentResult {
  return noResult('error', error, call.task.request.model);
}

/** `model`: whom it would have asked. */
export function noResult(
  reason: Outcome['reason'],
  error: { code: string; message: string },
  model: string,
): AgentResult {
  return {
    ok: false,
    value: null,
    reason,
    error,
    degraded: false,
    usage: NO_SPEND,
    requests: 0,
    steps: 0,
    toolCalls: 0,
    rateLimited: 0,
    reads: [],
    notes: [],
    model,
  };
}
