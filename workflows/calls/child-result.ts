/** What a child that failed still tells: its failure carries the whole result (script/workflow.ts, S2). */
import { ApplicationFailure, ChildWorkflowFailure } from '@temporalio/workflow';
import { BraidError } from '../../protocol/errors.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import { isJsonObject, type JsonObject } from '../../protocol/json.ts';

/** The result in a child's failure, or null: it died without one. */
export function resultOfFailure(failure: unknown): JsonObject | null {
  const cause = failure instanceof ChildWorkflowFailure ? failure.cause : failure;
  if (!(cause instanceof ApplicationFailure)) return null;
  const result = cause.details?.[0];
  return isJsonObject(result) && isJsonObject(result['usage']) && Array.isArray(result['outcomes']) ? result : null;
}

/** A child's failure as the error of the call that started it. */
export function errorOfFailure(failure: unknown, what: string): BraidError {
  const cause = failure instanceof ChildWorkflowFailure ? (failure.cause ?? failure) : failure;
  const code = cause instanceof ApplicationFailure && isErrorCode(cause.type) ? cause.type : 'BRAID_CALL_LOST';
  return new BraidError(code, `${what}: ${cause instanceof Error ? cause.message : String(cause)}`);
}
