import type { Client } from '@temporalio/client';
import { readHistory } from '../history.ts';
import { PayloadReader } from '../payloads.ts';
import type { Blobs } from './blobs.ts';
import { JOURNALLED } from './execution.ts';
import type { JournalSources } from './gather.ts';

/** Histories of the server that `client` is connected to. `notices` tells afterwards what could not be read. */
export function clientSources(
  client: Client,
  blobs: Blobs,
  signal?: AbortSignal,
): JournalSources & { readonly notices: string[] } {
  const payloads = new PayloadReader(client.options.loadedDataConverter);
  const cut = new Set<string>();
  return {
    blobs,
    async *history(workflowId) {
      yield* readHistory(client, workflowId, {
        ...{ payloads, wait: false, results: JOURNALLED, signal },
        onCut: () => cut.add(`the first part of ${workflowId} is gone from the server: its calls are not known`),
      });
      // Reading ends quietly then, but half a history is none.
      signal?.throwIfAborted();
    },
    get notices() {
      return [...payloads.notices, ...cut];
    },
  };
}
