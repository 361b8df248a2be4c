/** What of a run is safe already: in the store, and in the server's histories. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';

/** An answer's id as the record of its call, and its activity's result, repeat it. */
const ANSWER_ID = /"requestId":"(resp-[^"]+)"/g;

export interface CallRecord {
  file: string;
  /** Its bytes in the file. */
  from: number;
  to: number;
  /** Id of the answer that it keeps. */
  answer: string;
}

/** The store's records of calls (store/call-records.ts). */
export function callRecords({ home }: Store): CallRecord[] {
  const folder = path.join(home, 'calls');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ parentPath, name }) => recordsIn(path.join(parentPath, name)));
}

function recordsIn(file: string): CallRecord[] {
  let from = 0;
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const to = from + Buffer.byteLength(line);
      const found = idsIn(line).map((answer) => ({ file, from, to, answer }));
      from = to + 1;
      return found;
    });
}

/** Ids of all answers that are in the store. */
export function keptAnswers(store: Store): Set<string> {
  return new Set(callRecords(store).map(({ answer }) => answer));
}

/** Ids of the answers that a run's histories hold, its children's and its earlier executions' among them. */
export async function reportedAnswers(client: Client, store: Store, run: string): Promise<Set<string>> {
  const codec = createPayloadCodec(store);
  const found = new Set<string>();
  const waiting = [run];
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    for (const event of await eventsOf(client, id)) {
      const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId;
      if (typeof child === 'string') waiting.push(child);
      const payloads = event.activityTaskCompletedEventAttributes?.result?.payloads ?? [];
      for (const { data } of await codec.decode(payloads)) {
        for (const answer of idsIn(new TextDecoder().decode(data ?? new Uint8Array()))) found.add(answer);
      }
    }
  }
  return found;
}

/** Of all executions of a chain. */
async function eventsOf(client: Client, workflowId: string): Promise<temporal.api.history.v1.IHistoryEvent[]> {
  const { raw, runId: last } = await client.workflow.getHandle(workflowId).describe();
  const events: temporal.api.history.v1.IHistoryEvent[] = [];
  for (let runId = raw.workflowExecutionInfo?.firstRunId ?? last; runId !== '';) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    events.push(...(history.events ?? []));
    runId = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
  }
  return events;
}

function idsIn(text: string): string[] {
  return [...text.matchAll(ANSWER_ID)].flatMap(([, id]) => id ?? []);
}
