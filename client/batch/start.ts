/** Starts a batch, or attaches to the one that is there under the same id with the same input. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { BraidError } from '../../protocol/errors.ts';
import { keepRecord } from '../../store/batches/files.ts';
import type { Session } from '../session.ts';
import { startOnce, type Started } from '../start-run.ts';
import type { BuiltBatch } from './input.ts';

type Place = Pick<Session, 'client' | 'store' | 'taskQueue'>;

/**
 * Errors: BRAID_RUN_EXISTS when the id was used with other input, also when the server has forgotten that batch and only its
 * results are left; BRAID_USAGE when the batch to retry still runs.
 */
export async function startBatch(place: Place, id: string, { input, identity, source }: BuiltBatch): Promise<Started> {
  const { store } = place;
  if (input.retry !== undefined) await refuseRunning(place, input.retry.batch);
  const record = await keepRecord(store, id, {
    ...{ v: 1, identity, name: input.name, items: input.items },
    retryOf: input.retry?.batch ?? null,
    startedAt: Date.now(),
  });
  if (record.identity !== identity) throw exists(id);
  await store.put(source);
  return startOnce(place, id, { kind: 'batch', input, identity, taken: exists(id) });
}

/** Its results are copied once: lines that come later would be lost. */
async function refuseRunning({ client }: Place, batch: string): Promise<void> {
  try {
    const { status } = await client.workflow.getHandle(batch).describe();
    if (status.name !== 'RUNNING') return;
  } catch (error) {
    // The server may have forgotten it; its results are in the store.
    if (error instanceof WorkflowNotFoundError) return;
    throw error;
  }
  throw new BraidError('BRAID_USAGE', `The batch ${batch} still runs, so it cannot be retried yet.`, {
    fix: `Wait for it (braid watch ${batch}) or end it (braid cancel ${batch}).`,
  });
}

function exists(id: string): BraidError {
  return new BraidError('BRAID_RUN_EXISTS', `A batch ${id} exists with other input (script, items, models or limits).`);
}
