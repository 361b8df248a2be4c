/** The server's side of reading histories, scripted. */
import type { Client } from '@temporalio/client';

export interface Page {
  ids: number[];
  token?: string;
  /** The last event of the page continues the execution as this run. */
  renewAs?: string;
  /** The first event of the page starts this run of a chain. */
  starts?: { run: string; first?: string; after?: string };
}
export type Answer = Page | { code: number; details?: string };

interface HistoryRequest {
  nextPageToken?: Uint8Array;
  execution: { runId?: string };
  historyEventFilterType?: number;
}

/** A server that gives these answers in turn, and remembers what it was asked. */
export function fakeClient(answers: Answer[]) {
  const asked: { token: string | null; runId: string | null | undefined; endOnly: boolean }[] = [];
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_: number, ask: () => Promise<unknown>) => ask(),
    withAbortSignal: (_: AbortSignal, ask: () => Promise<unknown>) => ask(),
    workflowService: {
      getWorkflowExecutionHistory: async (request: HistoryRequest) => {
        asked.push({
          token: request.nextPageToken ? Buffer.from(request.nextPageToken).toString() : null,
          runId: request.execution.runId,
          endOnly: request.historyEventFilterType === 2,
        });
        const answer = answers.shift();
        if (answer === undefined) throw new Error('asked once too often');
        if ('code' in answer)
          throw Object.assign(new Error('rpc'), { code: answer.code, details: answer.details ?? 'x', metadata: {} });
        const events = answer.ids.map((id, i) => ({
          eventId: id,
          ...(answer.starts !== undefined && i === 0
            ? { workflowExecutionStartedEventAttributes: startOf(answer.starts) }
            : {}),
          ...(answer.renewAs !== undefined && i === answer.ids.length - 1
            ? { workflowExecutionContinuedAsNewEventAttributes: { newExecutionRunId: answer.renewAs } }
            : {}),
        }));
        return { history: { events }, nextPageToken: Buffer.from(answer.token ?? '') };
      },
    },
  };
  return { client: client as unknown as Client, asked };
}

function startOf({ run, first = run, after = '' }: NonNullable<Page['starts']>) {
  return { originalExecutionRunId: run, firstExecutionRunId: first, continuedExecutionRunId: after };
}
