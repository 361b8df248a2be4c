/** What the histories on a server name in the store: the roots of a garbage collection (store/gc.ts). */
import type { Client } from '@temporalio/client';
import { refsOf } from '../histories/refs.ts';
import { runError } from '../histories/rpc.ts';
import type { KeepRoot } from '../store/gc.ts';

/**
 * All that the histories of one namespace name, those of children and of ended runs included. A history that cannot be read is an
 * error, because what it names would be lost. Errors: BRAID_SERVER_UNREACHABLE.
 */
export async function* keepRoots(client: Client): AsyncGenerator<KeepRoot, void, undefined> {
  for await (const { workflowId, runId } of client.workflow.list()) {
    yield { snapshot: `${workflowId}/${runId}` };
    for (const ref of await refsOfRun(client, workflowId, runId)) yield { ref };
  }
}

async function refsOfRun(client: Client, workflowId: string, runId: string): Promise<Iterable<string>> {
  try {
    return refsOf(await client.workflow.getHandle(workflowId, runId).fetchHistory());
  } catch (error) {
    // The list lags behind: what was deleted since names nothing.
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return [];
    throw runError(error, workflowId);
  }
}
