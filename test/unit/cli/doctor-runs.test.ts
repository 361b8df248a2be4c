import { expect, it } from 'vitest';
import { judgeRuns, type RunSign } from '../../../client/cli/doctor-runs.ts';

const sign = (run: string, more: Partial<RunSign> = {}): RunSign => ({
  run,
  taskQueue: 'braid-own',
  served: true,
  problem: null,
  ...more,
});

it('is content when every run has a worker', () => {
  expect(judgeRuns([], 'braid-own')).toEqual([{ what: 'runs', state: 'ok', detail: 'none goes on' }]);
  expect(judgeRuns([sign('a'), sign('b')], 'braid-own')).toMatchObject([
    { state: 'ok', detail: expect.stringMatching(/^2/) },
  ]);
});

it('tells of queues without a worker: of this store, of others, of all when there is no store', () => {
  const lost = [sign('a', { served: false }), sign('b', { served: false, taskQueue: 'braid-other' }), sign('c')];
  expect(judgeRuns(lost, 'braid-own')).toMatchObject([
    { state: 'warning', detail: 'no worker takes a (queue braid-own)', fix: 'braid worker' },
    { state: 'warning', detail: 'no worker takes b (queue braid-other)', fix: expect.stringContaining('BRAID_HOME=') },
  ]);
  expect(judgeRuns(lost, null).every(({ fix }) => fix?.includes('BRAID_HOME='))).toBe(true);
});

it('tells once of what keeps several runs, with the fix for an engine that nobody carries', () => {
  const problem = 'The run was started by the engine abc, which this worker does not carry.';
  const runs = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((run) => sign(run, { problem }));
  expect(judgeRuns([...runs, sign('h', { problem: 'TypeError: x' })], 'braid-own')).toMatchObject([
    {
      detail: `no worker can continue a, b, c, d, e and 2 more: ${problem}`,
      fix: expect.stringContaining('braid fork RUN'),
    },
    { detail: 'no worker can continue h: TypeError: x', fix: expect.stringContaining('BRAID_DEBUG') },
  ]);
});
