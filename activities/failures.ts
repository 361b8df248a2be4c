import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { isBraidError, toErrorInfo } from '../protocol/errors.ts';

/**
 * What an activity throws, in the form workflows and views read: `type` is a Braid error code, `details[0]` holds `fix`
 * and what the caller adds. Whether Temporal retries follows from the code. Temporal's own failures (cancellation) pass.
 */
export function toFailure(error: unknown, details: object = {}): TemporalFailure {
  if (error instanceof TemporalFailure) return error;
  const { code, message, fix } = toErrorInfo(error);
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: !(isBraidError(error) && error.spec.retryable),
    details: [{ fix, ...details }],
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
