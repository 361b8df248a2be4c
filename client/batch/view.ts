/** A batch as it stands: its counts from its results file, what is at work from the batch itself. */
import {
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { BATCH_PROGRESS, type BatchCounts, type BatchProgress } from '../../protocol/batch.ts';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import { BraidError } from '../../protocol/errors.ts';
import { WATCH } from '../../protocol/limits.ts';
import { SEARCH_ATTRIBUTES, WORKFLOWS } from '../../protocol/names.ts';
import { exitCodeOf, type ErrorInfo, type RunStatus, type Usage } from '../../protocol/outcome.ts';
import type { Store } from '../../store/blobs.ts';
import { findRecord, resultsFile } from '../../store/batches/files.ts';
import { ResultsTally, type ItemFailure } from './tally.ts';

export interface BatchView {
  run: string;
  kind: 'batch';
  name: string;
  status: RunStatus;
  total: number;
  /** Items that have a line. */
  ended: number;
  counts: BatchCounts;
  /** Items at work; null when no worker answered. */
  running: number | null;
  usage: Usage;
  failures: ItemFailure[];
  error: ErrorInfo | null;
  /** The results file. */
  results: string;
  startedAt: number;
  endedAt: number | null;
}

/** Whether the run is a batch. False for one that the server does not know. */
export async function isBatch(client: Client, run: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(run).describe()).type === WORKFLOWS.batch;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Reads no history, and works without a worker. `tally` may have read a part of the results before. Errors: BRAID_RUN_UNKNOWN. */
export async function readBatch(
  { client, store }: { client: Client; store: Store },
  run: string,
  tally = new ResultsTally(resultsFile(store, run), run),
): Promise<BatchView> {
  const record = await findRecord(store, run);
  if (record === undefined) {
    throw new BraidError('BRAID_RUN_UNKNOWN', `This store knows no batch ${run}.`, {
      fix: 'Set BRAID_HOME to the store it was started with.',
    });
  }
  const described = await client.workflow.getHandle(run).describe();
  const open = described.status.name === 'RUNNING';
  const progress = open ? await askProgress(client, run) : null;
  await tally.read();
  return {
    run,
    kind: 'batch',
    name: record.name,
    status: statusOf(described),
    total: record.items.total,
    ended: tally.ended,
    counts: { ...tally.counts },
    running: open ? (progress?.running ?? null) : 0,
    usage: tally.usage,
    failures: tally.failures,
    error: open ? null : await errorOf(client, run),
    results: resultsFile(store, run),
    startedAt: record.startedAt,
    endedAt: described.closeTime?.getTime() ?? null,
  };
}

/** Null when no worker answers in time. */
export async function askProgress(client: Client, run: string): Promise<BatchProgress | null> {
  try {
    const ask = () => client.workflow.getHandle(run).query<BatchProgress>(BATCH_PROGRESS);
    return await client.withDeadline(Date.now() + WATCH.rpcMs, ask);
  } catch {
    return null;
  }
}

/** What was not run is as good as failed: the same exit code as of a run whose calls gave no value. */
export function exitCodeOfBatch({ status, error }: BatchView, strict: boolean): number {
  return exitCodeOf(status, { strict, code: error?.code });
}

function statusOf({ status, searchAttributes }: WorkflowExecutionDescription): RunStatus {
  if (status.name === 'CANCELLED') return 'cancelled';
  if (status.name !== 'COMPLETED' && status.name !== 'RUNNING') return 'failed';
  const state = searchAttributes[SEARCH_ATTRIBUTES.state]?.[0];
  if (status.name === 'RUNNING') return state === 'paused' ? 'paused' : 'running';
  return state === 'completed' ? 'completed' : 'completed_with_failures';
}

/** Of an ended batch; null when it ended by itself. */
async function errorOf(client: Client, run: string): Promise<ErrorInfo | null> {
  try {
    await client.workflow.getHandle(run).result();
    return null;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof ApplicationFailure) {
      const code = isErrorCode(cause.type) ? cause.type : 'BRAID_INTERNAL';
      return { code, message: cause.message, fix: ERRORS[code].fix };
    }
    if (cause?.name === 'CancelledFailure') return null;
    const fix = `Run what is left: braid batch SCRIPT --retry-failed ${run}`;
    return { code: 'BRAID_RUN_TERMINATED', message: `The batch ended: ${cause?.message ?? error.message}.`, fix };
  }
}
