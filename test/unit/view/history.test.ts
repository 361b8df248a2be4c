import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, test, vi } from 'vitest';
import { readHistory, type HistoryOptions } from '../../../histories/history.ts';
import { PayloadReader } from '../../../histories/payloads.ts';
import { fakeClient, type Answer, type Page } from './fake-server.ts';

vi.mock('node:timers/promises', () => ({ setTimeout: async () => undefined }));

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

  describe('a chain of runs', () => {
    const third: Page = { ids: [1, 2], starts: { run: 'c', first: 'a', after: 'b' } };
    const begin = (run: string, after = ''): Page => ({ ids: [1], starts: { run, first: 'a', after } });
    const GONE = { code: 5, details: 'workflow not found' };

    test('is read from its first run, whichever is the latest', async () => {
      const cut: boolean[] = [];
      const { ids, asked } = await idsOf(
        [third, begin('a'), { ids: [1, 2, 3], renewAs: 'b' }, { ids: [1], renewAs: 'c' }, { ids: [1, 2] }],
        { onCut: () => cut.push(true) },
      );
      expect(asked.map(({ runId }) => runId)).toEqual(['', 'a', 'a', 'b', 'c']);
      expect(ids).toEqual([1, 2, 3, 1, 1, 2]);
      expect(cut).toEqual([]);
    });

    test('whose first run is gone is read from the oldest that is there, and that is told', async () => {
      const cut: boolean[] = [];
      const onCut = () => cut.push(true);
      const { ids, asked } = await idsOf(
        [third, GONE, begin('b', 'a'), GONE, { ids: [1, 2], renewAs: 'c' }, { ids: [1] }],
        { onCut },
      );
      expect(asked.map(({ runId }) => runId)).toEqual(['', 'a', 'b', 'a', 'b', 'c']);
      expect(ids).toEqual([1, 2, 1]);
      expect(cut).toEqual([true]);
    });

    test('of which only the latest is left is read from there', async () => {
      const { ids, asked } = await idsOf([third, GONE, GONE, { ids: [1, 2] }]);
      expect(asked.map(({ runId }) => runId)).toEqual(['', 'a', 'b', 'c']);
      expect(ids).toEqual([1, 2]);
    });

    test('that went on while the server was away is read on where reading stood', async () => {
      const { ids, asked } = await idsOf([
        { ids: [1, 2], token: 'x', starts: { run: 'a' } },
        { code: 14 },
        { ids: [1], token: 'y', starts: { run: 'b', first: 'a', after: 'a' } },
        { ids: [1, 2, 3], renewAs: 'b' },
        { ids: [1] },
      ]);
      expect(asked.map(({ runId }) => runId)).toEqual(['', '', '', 'a', 'b']);
      expect(ids).toEqual([1, 2, 3, 1]);
    });

    test('a server that goes away while the first run is looked for is waited for', async () => {
      const { ids } = await idsOf([third, { code: 14 }, third, begin('a'), { ids: [1], renewAs: 'c' }, { ids: [1] }]);
      expect(ids).toEqual([1, 1]);
    });
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
