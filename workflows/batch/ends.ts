/** How an item's run ended, as its line. */
import { ApplicationFailure, ChildWorkflowFailure, isCancellation } from '@temporalio/workflow';
import { itemRun, type ItemEnd, type ItemLine, type ItemResult } from '../../protocol/batch.ts';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { NO_USAGE, type Usage } from '../../protocol/outcome.ts';

/** Nobody knows what a run has cost that ended without a result. */
const UNKNOWN: Usage = { ...NO_USAGE, usd: null };

export function invalidLine(item: number, why: string): ItemLine {
  const code = 'BRAID_ITEM_INVALID';
  const error = { code, message: why, fix: ERRORS[code].fix };
  return { item, status: 'failed', reason: 'invalid', value: null, error, usage: NO_USAGE, run: null };
}

/** A child that completed. */
export function resultLine(batch: string, item: number, result: ItemResult): ItemLine {
  const { value, large, error, usage } = result;
  return {
    ...{ item, status: statusOf(result), value, error, usage },
    ...(large === undefined ? {} : { large }),
    run: itemRun(batch, item),
  };
}

/** A child that did not. */
export function failureLine(batch: string, item: number, thrown: unknown): ItemLine {
  const cause = thrown instanceof ChildWorkflowFailure ? (thrown.cause ?? thrown) : thrown;
  const message = cause instanceof Error ? cause.message : String(cause);
  const failed = cause instanceof ApplicationFailure;
  return endLine(batch, {
    item,
    result: failed ? ((cause.details?.[0] ?? null) as Json) : null,
    failure: {
      code: failed ? (cause.type ?? 'BRAID_INTERNAL') : 'BRAID_RUN_TERMINATED',
      message,
      cancelled: isCancellation(thrown),
    },
  });
}

/** A run that is no child. */
export function endLine(batch: string, { item, result, failure }: ItemEnd): ItemLine {
  const whole = isResult(result) ? result : null;
  if (failure === null && whole !== null) return resultLine(batch, item, whole);
  const { code, message, cancelled } = failure ?? { code: 'BRAID_INTERNAL', message: 'no result', cancelled: false };
  const known = cancelled ? 'BRAID_CALL_CANCELLED' : isErrorCode(code) ? code : 'BRAID_INTERNAL';
  return {
    item,
    status: cancelled ? 'cancelled' : 'failed',
    value: null,
    error: whole?.error ?? { code: known, message, fix: ERRORS[known].fix },
    usage: whole?.usage ?? UNKNOWN,
    run: itemRun(batch, item),
  };
}

function statusOf({ status }: ItemResult): ItemLine['status'] {
  return status === 'running' || status === 'paused' ? 'failed' : status;
}

function isResult(json: Json): json is Json & ItemResult {
  return isJsonObject(json) && typeof json.status === 'string' && isJsonObject(json.usage);
}
