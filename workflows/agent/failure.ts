import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import { isBraidError } from '../../protocol/errors.ts';
import type { ModelFailureDetails, ModelHeartbeat } from '../../protocol/model-call.ts';
import { NO_SPEND, type OutcomeReason, type Spend } from '../../protocol/outcome.ts';

export interface CallFailure {
  reason: OutcomeReason;
  code: string;
  message: string;
  requests: number;
  usage: Spend;
}

/** A failed activity as the end of a call; null for what is no failure of the call: cancellation, errors of our own. */
export function modelFailure(error: unknown): CallFailure | null {
  if (error instanceof RateLimitGaveUp) {
    return {
      reason: 'error',
      code: 'BRAID_PROVIDER_RATE_LIMITED',
      message: error.message,
      requests: 0,
      usage: NO_SPEND,
    };
  }
  if (isBraidError(error, 'BRAID_PRICE_UNKNOWN') || isBraidError(error, 'BRAID_EFFECT_UNKNOWN')) {
    const { code, message, fix } = error;
    return { reason: 'error', code, message: `${message} ${fix}`, requests: 0, usage: NO_SPEND };
  }
  if (isCancellation(error) || !(error instanceof ActivityFailure)) return null;
  const cause = error.cause;
  if (cause instanceof ApplicationFailure) {
    const details = (cause.details?.[0] ?? {}) as Partial<ModelFailureDetails>;
    const code = isErrorCode(cause.type) ? cause.type : 'BRAID_INTERNAL';
    const fix = details.fix ?? ERRORS[code].fix;
    const message = cause.message === '' ? ERRORS[code].when : cause.message;
    return {
      reason: 'error',
      code,
      message: message.includes(fix) ? message : `${message} ${fix}`,
      requests: details.requests ?? 0,
      usage: details.usage ?? NO_SPEND,
    };
  }
  if (cause instanceof TimeoutFailure) {
    return {
      reason: 'timeout',
      code: 'BRAID_CALL_LOST',
      message: `The call was lost with its worker too often (${cause.message}). ${ERRORS.BRAID_CALL_LOST.fix}`,
      requests: (cause.lastHeartbeatDetails as ModelHeartbeat | undefined)?.requests ?? 1,
      usage: NO_SPEND,
    };
  }
  return { reason: 'error', code: 'BRAID_INTERNAL', message: error.message, requests: 0, usage: NO_SPEND };
}

/** A provider that answers nothing but "slow down" for so long that waiting is no longer honest. */
export class RateLimitGaveUp extends Error {
  constructor(message: string, times: number) {
    super(`The provider asked to slow down ${times} times in a row: ${message}`);
  }
}

/** A call took longer than its `timeout` option. */
export class CallTimeout extends Error {
  constructor(ms: number) {
    super(`The call took longer than its timeout of ${ms} ms.`);
  }
}

/** Runs `work` for at most `ms`; then cancels it and throws {@link CallTimeout}. */
export async function withTimeout<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const outer = CancellationScope.current();
  const scope = new CancellationScope({ cancellable: true, timeout: ms });
  try {
    return await scope.run(work);
  } catch (error) {
    if (isCancellation(error) && !outer.consideredCancelled) throw new CallTimeout(ms);
    throw error;
  }
}
