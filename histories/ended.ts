/** The end of an execution, waited for at the price of one open question: nothing of its history is sent before. */
import type { Client } from '@temporalio/client';
import { setTimeout as pause } from 'node:timers/promises';
import { WATCH } from '../protocol/limits.ts';
import { askForHistory } from './page.ts';
import { isLost, runError } from './rpc.ts';

/**
 * Resolves when the last run of an execution's chain (continue-as-new) has ended, however it did, or quietly when the signal aborts.
 * Waits for a lost server as well. Throws BRAID_RUN_UNKNOWN when there is no such execution.
 */
export async function untilEnded(client: Client, workflowId: string, signal?: AbortSignal): Promise<void> {
  let runId = '';
  let token: Uint8Array | null = null;
  const letGo = () => signal?.aborted === true;
  while (!letGo()) {
    try {
      const question = { workflowId, runId, token, wait: true, endOnly: true, signal };
      const { history, nextPageToken } = await askForHistory(client, question);
      token = nextPageToken && nextPageToken.length > 0 ? nextPageToken : null;
      const last = history?.events?.at(-1);
      const renewed = last?.workflowExecutionContinuedAsNewEventAttributes;
      if (renewed) [runId, token] = [renewed.newExecutionRunId ?? '', null];
      else if (last) return;
    } catch (error) {
      if (letGo()) return;
      // A page token may not outlive the server that gave it: then the question is put anew.
      if (!isLost(error) && token === null) throw runError(error, workflowId);
      token = null;
      await pause(WATCH.retryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
