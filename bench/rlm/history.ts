/** What a run's history tells of its size and of the guests of its cells. */
import type { Client } from '@temporalio/client';
import { PayloadReader } from '../../histories/payloads.ts';
import { isJsonObject } from '../../protocol/json.ts';

export interface HistoryFacts {
  /** As the server counts. */
  bytes: number;
  /** Largest guest after any of its turns. */
  guestBytes: number;
}

export async function historyFacts(client: Client, workflowId: string): Promise<HistoryFacts> {
  const handle = client.workflow.getHandle(workflowId);
  const { historySize } = await handle.describe();
  const payloads = new PayloadReader(client.options.loadedDataConverter);
  const { events } = await handle.fetchHistory();
  let guestBytes = 0;
  for (const { activityTaskCompletedEventAttributes } of events ?? []) {
    const result = await payloads.at(activityTaskCompletedEventAttributes?.result, 0);
    if (isJsonObject(result) && result['kind'] === 'ran') guestBytes = Math.max(guestBytes, Number(result['memory']));
  }
  if (historySize === undefined || guestBytes === 0) throw new Error(`the history of ${workflowId} tells no sizes`);
  return { bytes: historySize, guestBytes };
}
