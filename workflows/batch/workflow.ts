/**
 * A batch: a sliding window of items, each a child workflow with a ledger of its own.
 *
 *  B1  An item's run has one id for ever, and starting it twice is refused: nothing is paid twice, also when the batch is reset.
 *  B2  Every item that was begun gets one line, however it ends; what was not begun has none (`--retry-failed` runs both).
 *  B3  The batch continues as new before its history grows heavy. Items that are at work then outlive it (policy ABANDON) and are
 *      awaited by id, so a slow one, or one that waits for a person, holds nobody up.
 *  B4  What no item can do without (a key, the model) ends the batch instead of failing item by item.
 *  B5  The workflow holds no item's value longer than until its line is written.
 */
import { ApplicationFailure, continueAsNew, ContinueAsNew, isCancellation } from '@temporalio/workflow';
import type { BatchInput, BatchResult } from '../../protocol/batch.ts';
import { BatchRun } from './run.ts';

export async function batch(input: BatchInput): Promise<BatchResult> {
  try {
    const end = await new BatchRun(input).run();
    if ('result' in end) return end.result;
    return await continueAsNew<typeof batch>({ ...input, state: end.state });
  } catch (error) {
    if (isCancellation(error) || error instanceof ApplicationFailure || error instanceof ContinueAsNew) throw error;
    // A plain error would fail the workflow task and be retried for ever (facts §2).
    throw ApplicationFailure.create({ type: 'BRAID_INTERNAL', message: String(error), nonRetryable: true });
  }
}
