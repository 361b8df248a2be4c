/** What runs look like that were steered, resumed or went on in new executions: views and lists, against a real server. */
import { expect, it } from 'vitest';
import { listRuns } from '../../client/list-runs.ts';
import { readRun } from '../../client/view/read.ts';
import { watchRun } from '../../client/view/watch.ts';
import { SIGNALS, UPDATES } from '../../protocol/names.ts';
import type { RunView } from '../../protocol/view.ts';
import { useHarness } from '../kit/harness.ts';

const h = useHarness();

/** Views until one is as wanted. */
async function seen(run: string, wanted: (view: RunView) => boolean): Promise<RunView> {
  for await (const view of watchRun(h.client, run)) if (wanted(view)) return view;
  throw new Error('the run ended before');
}

it('a run in several executions is one run, read from the first of them, and one line of the list', async () => {
  const source = `const out = []; for (let i = 0; i < 14; i++) out.push(await agent('step ' + i)); return out.length;`;
  const { handle, result } = await h.run(source, { continueEvents: 30 });
  const view = await readRun(h.client, handle.workflowId);
  expect(view.notices).toEqual([]);
  expect(view.calls.map(({ address }) => address)).toEqual(Array.from({ length: 14 }, (_, i) => `agent:${i + 1}`));
  expect(view).toMatchObject({ status: 'completed', counts: { done: 14, total: 14 }, usage: result.usage });
  // Several executions, each of about as many events as it may have.
  expect(view.historyEvents).toBeGreaterThan(60);

  let watched: RunView | undefined;
  for await (const next of watchRun(h.client, handle.workflowId)) watched = next;
  expect(watched?.story).toEqual(view.story);

  // Visibility lags a little behind.
  await expect
    .poll(async () => (await listRuns(h.client)).filter(({ run }) => run === handle.workflowId), { timeout: 5_000 })
    .toMatchObject([{ status: 'completed', startedAt: view.startedAt, waiting: false }]);
});

it('a run at a limit says which, and goes on when it is raised', async () => {
  const limits = { maxCalls: 2, onLimit: 'pause' as const };
  const handle = await h.start('for (let i = 0; i < 3; i++) await agent("x" + i); return 1;', { limits });
  const paused = await seen(handle.workflowId, ({ status }) => status === 'paused');
  expect(paused.pause).toMatchObject({ reason: 'limit', limit: 'maxCalls' });
  await handle.signal(SIGNALS.limits, { maxCalls: 5 });
  await handle.result();
  const view = await readRun(h.client, handle.workflowId);
  expect(view).toMatchObject({ status: 'completed', pause: null, limits: { maxCalls: 5 } });
  expect(view.story.flatMap(({ type }) => (type === 'paused' || type === 'resumed' ? [type] : []))).toEqual([
    'paused',
    'resumed',
  ]);
});

it('a resumed run tells of each call whether it was served, and why not', async () => {
  const source = (last: string) =>
    `await agent('a', {label: 'a'}); await agent(${JSON.stringify(last)}, {label: 'b'}); return 1;`;
  const before = (await h.run(source('b'))).handle.workflowId;
  const { handle } = await h.run(source('c'), { resumeFrom: before });
  const view = await readRun(h.client, handle.workflowId);
  expect(view.resumedFrom).toBe(before);
  expect(view.calls).toMatchObject([
    { label: 'a', state: 'replayed', from: before, requests: 0, why: null },
    { label: 'b', state: 'done', from: null, why: 'changed: prompt' },
  ]);
  expect(view.usage).toMatchObject({ calls: 2, replayed: 1, requests: 1 });
  expect(view.calls[0]?.saved).toEqual(view.saved);
});

it('an open gate stands in the view and in the list, and is closed by its answer at once', async () => {
  const handle = await h.start(`const branch = await ask('Which branch?'); await sleep(600); return branch;`);
  const open = await seen(handle.workflowId, ({ gates }) => gates.length > 0);
  expect(open.gates).toMatchObject([{ node: handle.workflowId, question: 'Which branch?', state: 'open' }]);
  await expect
    .poll(async () => (await listRuns(h.client, { waiting: true })).map(({ run }) => run), { timeout: 5_000 })
    .toContain(handle.workflowId);
  const { gate = '', digest = '' } = open.gates[0] ?? {};
  await handle.executeUpdate(UPDATES.answer, { args: [{ gate, digest, value: 'main', by: 'ann' }] });
  const answered = await readRun(h.client, handle.workflowId);
  expect(answered).toMatchObject({ status: 'running', gates: [{ state: 'answered', value: 'main', by: 'ann' }] });
  await handle.result();
  const view = await readRun(h.client, handle.workflowId);
  expect(view).toMatchObject({ value: 'main', gates: [{ gate, state: 'answered', value: 'main' }] });
});
