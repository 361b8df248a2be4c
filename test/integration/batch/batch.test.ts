import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BATCH_PROGRESS, type BatchProgress } from '../../../protocol/batch.ts';
import { SIGNALS } from '../../../protocol/names.ts';
import { useHarness } from '../../kit/harness.ts';
import { promptOf } from '../../../testing/provider/index.ts';
import { endOf, linesOf, replay, start, values } from './kit.ts';

const harness = useHarness();
const SCRIPT = "return await agent('item ' + args.n, { label: 'one' })";
const items = (count: number) => Array.from({ length: count }, (_, n) => JSON.stringify({ n: n + 1 }));

describe('a batch', () => {
  it('runs each item once, tells of bad lines by number, and goes on', async () => {
    harness.provider.setScript((request) => `did ${promptOf(request)}`);
    const lines = items(30);
    lines[6] = '{"n": 7';
    lines[19] = 'no json';
    lines.splice(10, 0, '');
    const handle = await start(harness, SCRIPT, lines, { window: 8 });
    const end = await endOf(handle);
    expect(end.status).toBe('completed_with_failures');
    expect(end.value).toMatchObject({ total: 30, completed: 28, failed: 2, invalid: 2, notRun: 0 });
    expect(end.usage).toMatchObject({ calls: 28, requests: 28 });
    const results = linesOf(harness.store, handle);
    expect(results.map(({ item }) => item).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, n) => n + 1),
    );
    expect(
      results.filter(({ reason }) => reason === 'invalid').map(({ item, error }) => [item, error?.message]),
    ).toEqual([
      [7, 'line 7: it is no JSON: {"n": 7'],
      [20, 'line 21: it is no JSON: no json'],
    ]);
    expect(values(results)[2]).toBe('did item 3');
    expect(harness.provider.requests.length).toBe(28);
    await replay(harness, handle);
  });

  it('continues as new with a slow item at work, and loses and repeats nothing', async () => {
    harness.provider.setScript((request) => ({
      text: promptOf(request),
      delayMs: promptOf(request) === 'item 2' ? 3_000 : 0,
    }));
    const before = harness.provider.requests.length;
    const handle = await start(harness, SCRIPT, items(16), { window: 4, renewal: { events: 60, drainMs: 100 } });
    const first = await handle.describe();
    expect((await endOf(handle)).value).toMatchObject({ completed: 16 });
    const last = await harness.client.workflow.getHandle(handle.workflowId).describe();
    expect(last.runId).not.toBe(first.runId);
    expect(last.memo).toEqual(first.memo);
    expect(values(linesOf(harness.store, handle))).toEqual(Array.from({ length: 16 }, (_, n) => `item ${n + 1}`));
    expect(harness.provider.requests.length - before).toBe(16);
    await replay(harness, handle);
    await replay(harness, harness.client.workflow.getHandle(handle.workflowId, first.runId));
  });

  it('retries what had no success, and pays for no call twice', async () => {
    const twice = `const a = await agent('first ' + args.n)
      const b = await agent('second ' + args.n)
      if (b === null) throw new Error('no second')
      return a + b`;
    const fails = (n: number) => [3, 5].includes(n);
    harness.provider.setScript((request) => {
      const [word, n] = promptOf(request).split(' ');
      return word === 'second' && fails(Number(n))
        ? { status: 400, body: { error: { message: 'no' } } }
        : `${word} ${n};`;
    });
    const failed = await start(harness, twice, ['{', ...items(6)], { window: 4 });
    expect((await endOf(failed)).value).toMatchObject({ total: 7, completed: 4, failed: 3, invalid: 1 });
    const before = harness.provider.requests.length;
    harness.provider.setScript((request) => `${promptOf(request)};`);
    const again = await start(harness, twice, [], { retry: failed.workflowId });
    expect((await endOf(again)).value).toMatchObject({ total: 7, completed: 6, failed: 1, invalid: 1, kept: 4 });
    const asked = harness.provider.requests.slice(before).map(promptOf);
    expect(asked.toSorted()).toEqual(['second 3', 'second 5']);
    const lines = linesOf(harness.store, again);
    expect(values(lines).slice(1)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `first ${n};second ${n};`));
    expect(lines.find(({ item }) => item === 2)?.run).toBe(`${failed.workflowId}/item:2`);
    await replay(harness, again);
  });

  it('stops beginning items while it is paused, and ends with its items when it is cancelled', async () => {
    harness.provider.setScript((request) => ({ text: promptOf(request), delayMs: 200 }));
    const handle = await start(harness, SCRIPT, items(200), { window: 2 });
    const progress = () => handle.query<BatchProgress>(BATCH_PROGRESS);
    while ((await progress()).counts.completed < 2) await sleep(50);
    await handle.signal(SIGNALS.pause);
    while ((await progress()).running > 0) await sleep(50);
    const { counts } = await progress();
    await sleep(300);
    expect(await progress()).toMatchObject({ counts, running: 0, paused: true });
    await handle.signal(SIGNALS.resume);
    while ((await progress()).counts.completed === counts.completed) await sleep(50);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(/cancel/i);
    const lines = linesOf(harness.store, handle);
    expect(new Set(lines.map(({ item }) => item)).size).toBe(lines.length);
    expect(lines.length).toBeLessThan(200);
    expect(lines.filter(({ status }) => status !== 'completed').map(({ status }) => status)).toEqual([
      'cancelled',
      'cancelled',
    ]);
    await replay(harness, handle);
  });
});
