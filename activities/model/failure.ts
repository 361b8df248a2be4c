import { ApplicationFailure } from '@temporalio/activity';
import { ERRORS, type ErrorCode } from '../../protocol/error-table.ts';
import { MODEL_CALL } from '../../protocol/limits.ts';
import type { ModelFailureDetails } from '../../protocol/model-call.ts';

export interface FailureFacts extends ModelFailureDetails {
  code: ErrorCode;
  message: string;
}

/** A failure that no attempt can mend. The cause stays out: errors of the AI SDK hold the request and its headers. */
export function finalFailure(facts: FailureFacts): ApplicationFailure {
  return failure(facts, { nonRetryable: true });
}

/** A failure that Temporal retries: after the time the provider named, else after a growing, jittered one. */
export function retryableFailure(
  facts: FailureFacts,
  tries: { failures: number; retryAfterMs: number | null },
): ApplicationFailure {
  const grown = Math.min(MODEL_CALL.retryBaseMs * 2 ** (tries.failures - 1), MODEL_CALL.retryMaxMs);
  const jittered = Math.round(grown * (0.5 + Math.random() / 2));
  return failure(facts, { nonRetryable: false, nextRetryDelay: Math.max(tries.retryAfterMs ?? 0, jittered) });
}

function failure(facts: FailureFacts, options: { nonRetryable: boolean; nextRetryDelay?: number }): ApplicationFailure {
  const { code, message, requests, usage, fix } = facts;
  const details: ModelFailureDetails = { requests, usage, fix: fix ?? ERRORS[code].fix };
  return ApplicationFailure.create({ type: code, message, details: [details], ...options });
}
