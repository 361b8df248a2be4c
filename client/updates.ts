/** Sends an Update to one execution of a run and tells what became of it in Braid's own words. */
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isErrorCode } from '../protocol/error-table.ts';
import { BraidError } from '../protocol/errors.ts';
import { isJsonObject, type Json } from '../protocol/json.ts';
import { WATCH } from '../protocol/limits.ts';
import type { AnswerRequest, SteerRequest } from '../protocol/gates.ts';
import type { UPDATES } from '../protocol/names.ts';

type Request =
  | { name: typeof UPDATES.answer; body: AnswerRequest }
  | { name: typeof UPDATES.steer; body: SteerRequest };

/**
 * Resolves when the execution took the update. Errors: what it refuses it with, BRAID_RUN_ENDED when it is over, BRAID_NO_WORKER when nobody
 * takes it in time.
 */
export async function sendUpdate(client: Client, workflowId: string, { name, body }: Request): Promise<void> {
  const patience = AbortSignal.timeout(WATCH.updateMs);
  try {
    await client.withAbortSignal(patience, () =>
      client.workflow.getHandle(workflowId).executeUpdate<Json, [AnswerRequest | SteerRequest]>(name, { args: [body] }),
    );
  } catch (error) {
    if (!patience.aborted) throw refusalOf(error, workflowId);
    throw new BraidError(
      'BRAID_NO_WORKER',
      `No worker took this for ${workflowId} within ${WATCH.updateMs / 1000} s.`,
      {
        fix: 'Start one with `braid worker`, then look with `braid show RUN` whether it was taken meanwhile.',
        cause: error,
      },
    );
  }
}

/** The error that stands behind a failed update. */
export function refusalOf(error: unknown, workflowId: string): Error {
  if (error instanceof WorkflowNotFoundError) {
    return new BraidError('BRAID_RUN_ENDED', `${workflowId} has ended, so that it takes nothing any more.`, {
      cause: error,
    });
  }
  const { cause } = error instanceof WorkflowUpdateFailedError ? error : {};
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) {
    const fix = fixOf(cause.details?.[0]);
    return new BraidError(cause.type, cause.message, { ...(fix === null ? {} : { fix }), cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}

function fixOf(details: unknown): string | null {
  const json = details as Json | undefined;
  return isJsonObject(json) && typeof json.fix === 'string' ? json.fix : null;
}
