import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import type { Json } from '../../protocol/json.ts';
import type { ErrorInfo, RunStatus } from '../../protocol/outcome.ts';
import type { DecodedEvent, FailureData } from '../../histories/decoded.ts';
import { parseError } from './parse.ts';
import { parseNodeEnd, type NodeEnd } from './parse-rlm.ts';

/** How a run ended. `status` is null when only the calls can tell (a result that cannot be read here). */
export interface RunEnd {
  status: RunStatus | null;
  error: ErrorInfo | null;
  result: NodeEnd | null;
}

/** The end that an event of the root's history tells, or null when it tells none. */
export function endOf(event: DecodedEvent): RunEnd | null {
  switch (event.type) {
    case 'completed': {
      const result = parseNodeEnd(event.result);
      return { status: result?.status ?? null, error: result?.error ?? null, result };
    }
    case 'failed':
      return failedEnd(event.failure);
    case 'cancelled':
      return { status: 'cancelled', error: null, result: parseNodeEnd(event.details) };
    case 'terminated':
      return coded('BRAID_RUN_TERMINATED', `The run was terminated from outside${because(event.reason)}.`);
    case 'timedOut':
      return coded('BRAID_RUN_TIMED_OUT', 'The run reached its execution timeout on the server.');
    default:
      return null;
  }
}

function failedEnd(failure: FailureData): RunEnd {
  const result = parseNodeEnd(failure.details);
  const error = result?.error ?? bareError(failure);
  return { status: 'failed', error, result };
}

/** A failure without a script result: the workflow failed before or beside its script. */
function bareError(failure: FailureData): ErrorInfo {
  const code = isErrorCode(failure.code) ? failure.code : 'BRAID_INTERNAL';
  const fix = fixOf(failure.details) ?? ERRORS[code].fix;
  return { code, message: failure.message, fix };
}

function fixOf(details: Json): string | null {
  return parseError(details)?.fix ?? null;
}

function coded(code: 'BRAID_RUN_TERMINATED' | 'BRAID_RUN_TIMED_OUT', message: string): RunEnd {
  return { status: 'failed', error: { code, message, fix: ERRORS[code].fix }, result: null };
}

function because(reason: string): string {
  return reason === '' ? '' : `: ${reason}`;
}
