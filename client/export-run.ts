/** Carries a whole run elsewhere: its histories, and every blob that they or its journal lead to (`braid export`). */
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { closeNode } from '../histories/journal/close.ts';
import { clientSources } from '../histories/journal/client-sources.ts';
import { childrenOf, refsOf } from '../histories/refs.ts';
import { runError } from '../histories/rpc.ts';
import { BraidError, isBraidError } from '../protocol/errors.ts';
import type { KeptRun } from '../protocol/journal.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import type { Store } from '../store/blobs.ts';
import { reachable } from '../store/reachable.ts';
import { findKeptRun } from '../store/run-index.ts';
import { EXPORT_VERSION, writeExport, type ExportCounts } from './export-file.ts';

type RawHistory = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

/**
 * Writes `file` anew. A run may be finished, failed, terminated or at work; what is at work is carried as far as it is done. Errors:
 * BRAID_RUN_UNKNOWN, BRAID_SERVER_UNREACHABLE, BRAID_JOURNAL, BRAID_FILE_MISSING, BRAID_STORE.
 */
export async function exportRun(client: Client, store: Store, run: string, file: string): Promise<ExportCounts> {
  if (run.includes('/')) {
    const [root] = run.split('/');
    throw new BraidError('BRAID_USAGE', `${run} is a part of the run ${root}.`, { fix: `Type: braid export ${root}` });
  }
  const kept = await keptNow(client, store, run);
  return writeExport(file, linesOf(client, store, kept));
}

/** What the run left, or would leave if it closed now. */
async function keptNow(client: Client, store: Store, run: string): Promise<KeptRun> {
  try {
    const { kept } = await closeNode(clientSources(client, store), run);
    if (kept !== null) return kept;
  } catch (error) {
    if (!isBraidError(error, 'BRAID_RUN_UNKNOWN')) throw error;
  }
  const left = await findKeptRun(store, run);
  if (left !== null) return left;
  throw new BraidError('BRAID_RUN_UNKNOWN', `There is no run ${run}, neither on this server nor in ${store.home}.`);
}

async function* linesOf(client: Client, store: Store, kept: KeptRun): AsyncGenerator<JsonObject> {
  yield { braidExport: EXPORT_VERSION, run: { ...kept } };
  const refs = new Set([kept.journal, kept.input]);
  for await (const { workflowId, history } of histories(client, kept.run)) {
    for (const ref of refsOf(history)) refs.add(ref);
    yield { history: workflowId, events: JSON.parse(historyToJSON(history)) as Json };
  }
  for (const ref of [...(await reachable(store, refs))].toSorted()) {
    yield { blob: ref, bytes: Buffer.from(await store.get(ref)).toString('base64') };
  }
}

/** Of the tree, as far as the server still has them. */
async function* histories(client: Client, run: string): AsyncGenerator<{ workflowId: string; history: RawHistory }> {
  const waiting = [run];
  const seen = new Set(waiting);
  for (let workflowId = waiting.shift(); workflowId !== undefined; workflowId = waiting.shift()) {
    for (let runId: string | undefined = ''; runId !== undefined;) {
      const history: RawHistory | null = await historyOf(client, workflowId, runId);
      if (history === null) break;
      yield { workflowId, history };
      for (const child of childrenOf(history)) {
        if (seen.has(child)) continue;
        seen.add(child);
        waiting.push(child);
      }
      runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
    }
  }
}

async function historyOf(client: Client, workflowId: string, runId: string): Promise<RawHistory | null> {
  try {
    return await client.workflow.getHandle(workflowId, runId === '' ? undefined : runId).fetchHistory();
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return null;
    const known = runError(error, workflowId);
    if (isBraidError(known, 'BRAID_RUN_UNKNOWN')) return null;
    throw known;
  }
}
