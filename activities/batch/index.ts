/** The activities of batches, over one store. Each tells its batch by the workflow that asked for it. */
import { Context } from '@temporalio/activity';
import type { BatchActivities } from '../../protocol/batch.ts';
import type { Store } from '../../store/blobs.ts';
import { resultsFile } from '../../store/batches/files.ts';
import { lineText } from '../../store/batches/line.ts';
import { appendLines } from '../../store/batches/results.ts';
import { toFailure } from '../failures.ts';
import { beating } from '../heartbeat.ts';
import { awaitItems } from './await-items.ts';
import { keepValue } from './keep-value.ts';
import { createPages } from './pages.ts';
import { openRetry } from './retry.ts';

export function createBatchActivities({ store }: { store: Store }): BatchActivities {
  const pages = createPages(store);
  const batch = () => Context.current().info.workflowExecution?.workflowId ?? '';
  return {
    openBatch: (_tag, request) => {
      const { client } = Context.current();
      return typed(() => openRetry(store, batch(), request, (run) => exists(client, run)));
    },
    batchPage: (_tag, request) => typed(() => pages(request)),
    appendResults: (_tag, { at, lines }) =>
      typed(() => appendLines(resultsFile(store, batch()), at, lines.map(lineText))),
    awaitItems: (_tag, { items }) => {
      const { client, cancellationSignal } = Context.current();
      return typed(() => awaitItems(client, batch(), items, cancellationSignal));
    },
    keepValue: (_tag, { value }) => typed(() => keepValue(store, value)),
  };
}

async function typed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await beating(work);
  } catch (error) {
    throw toFailure(error);
  }
}

async function exists(client: Context['client'], run: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(run).describe();
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return false;
    throw error;
  }
}
