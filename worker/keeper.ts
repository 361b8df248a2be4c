/**
 * Keeps what closed runs have finished, so that they can be resumed from when the server has deleted their histories (design §6).
 * A run waits for nothing: this happens after its end, by any worker of its store.
 *
 *  E1  A run is kept once its end is seen; a worker that starts later catches up, as long as the server still has the history.
 *  E2  One run at a time, and best effort: what cannot be read now is left to the next worker, and costs nobody anything.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Connection } from '@temporalio/client';
import { closeNode } from '../histories/journal/close.ts';
import { clientSources } from '../histories/journal/client-sources.ts';
import { KEEPER } from '../protocol/limits.ts';
import { SEARCH_ATTRIBUTES, WORKFLOWS } from '../protocol/names.ts';
import type { Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';
import { findKeptRun, keepRun } from '../store/run-index.ts';

export interface Keeper {
  connection: Connection;
  namespace: string;
  store: Store;
  taskQueue: string;
}

/** Goes on until `signal` aborts. */
export async function keepClosedRuns(keeper: Keeper, signal: AbortSignal): Promise<void> {
  const { connection, namespace, store } = keeper;
  const client = new Client({ connection, namespace, dataConverter: { payloadCodecs: [createPayloadCodec(store)] } });
  const done = new Set<string>();
  while (!signal.aborted) {
    await keepOnce(client, keeper, done, signal).catch(() => undefined);
    await sleep(KEEPER.everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** One round over the runs that have closed; those in `done` are not looked at again. */
export async function keepOnce(
  client: Client,
  { store, taskQueue }: Pick<Keeper, 'store' | 'taskQueue'>,
  done: Set<string>,
  signal: AbortSignal,
): Promise<void> {
  for await (const { workflowId, runId } of client.workflow.list({ query: closedRuns(taskQueue) })) {
    if (signal.aborted || done.size >= KEEPER.runs) return;
    if (done.has(runId)) continue;
    if ((await findKeptRun(store, workflowId))?.runId !== runId) await keep(client, store, workflowId, signal);
    done.add(runId);
  }
}

async function keep(client: Client, store: Store, workflowId: string, signal: AbortSignal): Promise<void> {
  try {
    const { kept } = await closeNode(clientSources(client, store, signal), workflowId);
    if (kept !== null) await keepRun(store, kept);
  } catch (error) {
    // E2.
    if (signal.aborted) throw error;
  }
}

function closedRuns(taskQueue: string): string {
  // Only roots have a kind: what nodes below them leave stands in their parents' histories.
  const roots = `${SEARCH_ATTRIBUTES.kind} IN ("${WORKFLOWS.script}", "${WORKFLOWS.rlm}")`;
  return `TaskQueue = "${taskQueue}" AND ${roots} AND ExecutionStatus NOT IN ("Running", "ContinuedAsNew")`;
}
