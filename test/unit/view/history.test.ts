import type { Client } from '@temporalio/client';
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, test, vi } from 'vitest';
import { readHistory, type HistoryOptions } from '../../../client/view/history.ts';
import { PayloadReader } from '../../../client/view/payloads.ts';

vi.mock('node:timers/promises', () => ({ setTimeout: async () => undefined }));

interface Page {
  ids: number[];
  token?: string;
  /** The last event of the page continues the execution as this run. */
  renewAs?: string;
}
type Answer = Page | { code: number; details?: string };

/** A server that gives these answers in turn, and remembers what it was asked. */
function fakeClient(answers: Answer[]) {
  const asked: { token: string | null; runId: string | null | undefined }[] = [];
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_: number, ask: () => Promise<unknown>) => ask(),
    withAbortSignal: (_: AbortSignal, ask: () => Promise<unknown>) => ask(),
    workflowService: {
      getWorkflowExecutionHistory: async (request: { nextPageToken?: Uint8Array; execution: { runId?: string } }) => {
        asked.push({
          token: request.nextPageToken ? Buffer.from(request.nextPageToken).toString() : null,
          runId: request.execution.runId,
        });
        const answer = answers.shift();
        if (answer === undefined) throw new Error('asked once too often');
        if ('code' in answer)
          throw Object.assign(new Error('rpc'), { code: answer.code, details: answer.details ?? 'x', metadata: {} });
        const events = answer.ids.map((id, i) => ({
          eventId: id,
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

async function idsOf(answers: Answer[], extra: Partial<HistoryOptions> = {}) {
  const { client, asked } = fakeClient(answers);
  const payloads = new PayloadReader({
    payloadConverter: defaultPayloadConverter,
    failureConverter: defaultFailureConverter,
    payloadCodecs: [],
  });
  const ids: number[] = [];
  for await (const page of readHistory(client, 'run-1', { payloads, wait: true, ...extra }))
    ids.push(...page.map((event) => event.id));
  return { ids, asked };
}

describe('readHistory', () => {
  test('walks the pages, and empty long polls, to the end', async () => {
    const { ids, asked } = await idsOf([{ ids: [1, 2], token: 'a' }, { ids: [], token: 'b' }, { ids: [3] }]);
    expect(ids).toEqual([1, 2, 3]);
    expect(asked.map(({ token }) => token)).toEqual([null, 'a', 'b']);
  });

  test('waits for a lost server and gives each event once, re-reading from the start', async () => {
    const states: string[] = [];
    const { ids, asked } = await idsOf(
      [{ ids: [1, 2], token: 'a' }, { code: 14 }, { code: 4 }, { ids: [1, 2, 3], token: 'c' }, { ids: [4] }],
      { onConnection: (state) => states.push(state) },
    );
    expect(ids).toEqual([1, 2, 3, 4]);
    expect(asked.map(({ token }) => token)).toEqual([null, 'a', null, null, 'c']);
    expect(states).toEqual(['ok', 'lost', 'lost', 'ok', 'ok']);
  });

  test('a page token that a new server does not know costs a re-read, not the watch', async () => {
    expect((await idsOf([{ ids: [1], token: 'old' }, { code: 3 }, { ids: [1, 2] }])).ids).toEqual([1, 2]);
  });

  test('follows continue-as-new, where ids start again', async () => {
    const { ids, asked } = await idsOf([{ ids: [1, 2], renewAs: 'second' }, { ids: [1, 2] }]);
    expect(ids).toEqual([1, 2, 1, 2]);
    expect(asked.map(({ runId }) => runId)).toEqual(['', 'second']);
  });

  test('an unknown run is BRAID_RUN_UNKNOWN; a namespace that a starting server does not know yet is waited for', async () => {
    await expect(idsOf([{ code: 5, details: 'workflow not found' }])).rejects.toMatchObject({
      code: 'BRAID_RUN_UNKNOWN',
    });
    expect((await idsOf([{ code: 5, details: 'Namespace default is not found.' }, { ids: [1] }])).ids).toEqual([1]);
  });

  test('without waiting, a lost server is an error', async () => {
    await expect(idsOf([{ code: 14 }], { wait: false })).rejects.toMatchObject({ code: 'BRAID_SERVER_UNREACHABLE' });
  });

  test('an aborted signal ends it quietly', async () => {
    const stop = new AbortController();
    const { client } = fakeClient([{ ids: [1], token: 'a' }]);
    const payloads = new PayloadReader({
      payloadConverter: defaultPayloadConverter,
      failureConverter: defaultFailureConverter,
      payloadCodecs: [],
    });
    const ids: number[] = [];
    for await (const page of readHistory(client, 'run-1', { payloads, wait: true, signal: stop.signal })) {
      ids.push(...page.map((event) => event.id));
      stop.abort();
    }
    expect(ids).toEqual([1]);
  });
});
