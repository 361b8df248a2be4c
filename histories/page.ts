/** One question for a part of a history. */
import type { Client } from '@temporalio/client';
import { WATCH } from '../protocol/limits.ts';

/** `HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT`; a number of the wire. */
const END_ONLY = 2;

export interface HistoryQuestion {
  workflowId: string;
  /** Empty: the latest run of the id. */
  runId: string;
  /** Of the page before; null: from the start. */
  token: Uint8Array | null;
  /** True: the server holds the question until there is news. */
  wait: boolean;
  /** True: only the last event of an ended run is told. */
  endOnly?: boolean;
  signal?: AbortSignal | undefined;
}

/** Throws what gRPC throws. */
export function askForHistory(client: Client, { workflowId, runId, token, wait, endOnly, signal }: HistoryQuestion) {
  const request = {
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    waitNewEvent: wait,
    skipArchival: true,
    ...(endOnly === true ? { historyEventFilterType: END_ONLY } : {}),
    ...(token === null ? {} : { nextPageToken: token }),
  };
  const call = () => client.workflowService.getWorkflowExecutionHistory(request);
  return client.withDeadline(Date.now() + WATCH.longPollMs, () =>
    signal === undefined ? call() : client.withAbortSignal(signal, call),
  );
}
