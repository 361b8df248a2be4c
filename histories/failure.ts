import type { temporal } from '@temporalio/proto';
import type { FailureData } from './decoded.ts';
import type { PayloadReader } from './payloads.ts';

type RawFailure = temporal.api.failure.v1.IFailure;

/** By `TimeoutType` of the wire: its numbers are for ever, and its enum object cannot be imported from an ES module. */
const TIMEOUTS: readonly FailureData['timeout'][] = [
  null,
  'start-to-close',
  'schedule-to-start',
  'schedule-to-close',
  'heartbeat',
];

/**
 * A failure as data. Activity and child failures wrap their cause: the innermost cause that says something is taken.
 */
export async function decodeFailure(raw: RawFailure | null | undefined, payloads: PayloadReader): Promise<FailureData> {
  const failure = unwrap(raw);
  const base = { message: failure?.message ?? '', code: null, details: null, timeout: null };
  if (failure?.applicationFailureInfo) {
    const { type, details } = failure.applicationFailureInfo;
    return { ...base, kind: 'application', code: type ?? null, details: await payloads.at(details, 0) };
  }
  if (failure?.timeoutFailureInfo) {
    const timeout = TIMEOUTS[failure.timeoutFailureInfo.timeoutType ?? 0] ?? null;
    return { ...base, kind: 'timeout', timeout };
  }
  if (failure?.canceledFailureInfo) return { ...base, kind: 'cancelled' };
  if (failure?.terminatedFailureInfo) return { ...base, kind: 'terminated' };
  return { ...base, kind: 'other' };
}

function unwrap(failure: RawFailure | null | undefined): RawFailure | null | undefined {
  const wraps = failure?.activityFailureInfo ?? failure?.childWorkflowExecutionFailureInfo;
  return wraps && failure?.cause ? unwrap(failure.cause) : failure;
}
