import type { Client } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { listRuns } from '../../client/list-runs.ts';

const T0 = Date.UTC(2026, 0, 2);

interface Row {
  workflowId: string;
  type?: string;
  status?: string;
  state?: string;
  at?: number;
}

function info({ workflowId, type = 'script', status = 'RUNNING', state, at = T0 }: Row) {
  const searchAttributes = {
    BraidScript: [`name of ${workflowId}`],
    ...(state === undefined ? {} : { BraidState: [state] }),
  };
  return {
    workflowId,
    type,
    status: { name: status },
    startTime: new Date(at),
    closeTime: undefined,
    searchAttributes,
  };
}

/** A server whose visibility answers these three questions. */
function fakeClient(rows: { runs?: Row[]; waiting?: Row[] | { code: number }; chains?: Row[]; known?: Row[] }) {
  const asked: string[] = [];
  async function* list({ query }: { query: string }) {
    asked.push(query);
    const answer = query.includes('"waiting"')
      ? rows.waiting
      : query.includes('= "ContinuedAsNew"')
        ? rows.chains
        : rows.runs;
    // Both compare with ContinuedAsNew; what is not wanted is told apart.
    const found = query.includes('!=') ? rows.runs : answer;
    if (found !== undefined && 'code' in found) {
      throw Object.assign(new Error('rpc'), { code: found.code, details: 'x', metadata: {} });
    }
    yield* (found ?? []).map(info);
  }
  const getHandle = (id: string) => ({
    describe: async () => {
      const row = rows.known?.find(({ workflowId }) => workflowId === id);
      if (row === undefined) throw new Error('gone');
      return info(row);
    },
  });
  return { client: { workflow: { list, getHandle } } as unknown as Client, asked };
}

describe('listRuns', () => {
  test('scripts, RLMs and batches, without the nodes of their trees', async () => {
    const { client } = fakeClient({
      runs: [
        { workflowId: 'a', state: 'running' },
        { workflowId: 'a/workflow:1' },
        { workflowId: 'b', type: 'rlm', status: 'COMPLETED', state: 'stopped', at: T0 + 1 },
        { workflowId: 'c', type: 'batch', state: 'paused', at: T0 + 2 },
      ],
    });
    expect(await listRuns(client)).toMatchObject([
      { run: 'c', kind: 'batch', status: 'paused', waiting: false, name: 'name of c' },
      { run: 'b', kind: 'rlm', status: 'stopped', waiting: false },
      { run: 'a', kind: 'script', status: 'running', waiting: false },
    ]);
  });

  test('a run waits for a person when it or a node of its tree does, and has not ended (L2)', async () => {
    const { client } = fakeClient({
      runs: [
        { workflowId: 'a', state: 'waiting' },
        { workflowId: 'b', state: 'running' },
        { workflowId: 'c', status: 'TERMINATED' },
        { workflowId: 'd' },
      ],
      waiting: [{ workflowId: 'a' }, { workflowId: 'b/rlm:1/workflow:2' }, { workflowId: 'c/rlm:1' }],
    });
    const runs = await listRuns(client);
    expect(runs.map(({ run, status, waiting }) => [run, status, waiting])).toEqual([
      ['a', 'running', true],
      ['b', 'running', true],
      ['c', 'failed', false],
      ['d', 'running', false],
    ]);
  });

  test('only those that wait, each once, whatever node asks; foreign and lost ones are left out', async () => {
    const { client } = fakeClient({
      runs: [{ workflowId: 'idle' }],
      waiting: [{ workflowId: 'b/rlm:1' }, { workflowId: 'b/rlm:2' }, { workflowId: 'lost' }, { workflowId: 'other' }],
      known: [
        { workflowId: 'b', type: 'rlm', state: 'running' },
        { workflowId: 'other', type: 'theirs' },
      ],
    });
    expect(await listRuns(client, { waiting: true })).toMatchObject([{ run: 'b', kind: 'rlm', waiting: true }]);
  });

  test('a run that continued as new is one line, and began when its first execution did (L1)', async () => {
    const { client, asked } = fakeClient({
      runs: [{ workflowId: 'a', at: T0 + 9_000 }],
      chains: [
        { workflowId: 'a', at: T0 + 5_000 },
        { workflowId: 'a', at: T0 + 1_000 },
      ],
    });
    expect(await listRuns(client)).toMatchObject([{ run: 'a', startedAt: T0 + 1_000 }]);
    expect(asked.some((query) => query.includes('ExecutionStatus != "ContinuedAsNew"'))).toBe(true);
  });

  test('a server that does not know the attribute has no waiting run; one that is away is an error', async () => {
    const rows = { runs: [{ workflowId: 'a' }] };
    expect(await listRuns(fakeClient({ ...rows, waiting: { code: 3 } }).client)).toMatchObject([{ waiting: false }]);
    await expect(listRuns(fakeClient({ ...rows, waiting: { code: 14 } }).client)).rejects.toThrow('rpc');
  });

  test('at most as many as wanted', async () => {
    const { client } = fakeClient({ runs: ['a', 'b', 'c'].map((workflowId) => ({ workflowId })) });
    expect(await listRuns(client, { limit: 2 })).toHaveLength(2);
  });
});
