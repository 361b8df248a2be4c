/** Scripts that never give up: each run ends by itself, with its counts, and its worker takes the next one. */
import { afterEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import { SIGNALS } from '../../../protocol/names.ts';
import { resultOf, useHarness } from '../../kit/harness.ts';
import { promptOf } from '../../../testing/provider/index.ts';
import { tempFolder } from '../../unit/workspace/kit.ts';

const h = useHarness();

afterEach(async () => {
  expect((await h.run('return await agent("still there?")')).result.value).toBe('ok');
});

describe('a limit that a script does not want to see', () => {
  it.each([
    ['agent()', 'await agent("x")'],
    ['agentResult()', 'await agentResult("x")'],
    ['parallel()', 'await parallel([1, 2, 3].map((n) => () => agent("x" + n)))'],
    ['workflow()', 'await workflow("x")'],
  ])('%s asked for ever ends as stopped', async (_name, call) => {
    const { result, requests } = await h.run(`for (;;) { try { ${call} } catch {} }`, { limits: { maxCalls: 2 } });
    expect(requests.length).toBeLessThanOrEqual(2);
    expect(result).toMatchObject({ status: 'stopped', error: { code: 'BRAID_BUDGET_EXHAUSTED' }, usage: { calls: 2 } });
    expect(result.usage.refused).toBeGreaterThan(LIMITS.maxRefusals);
    expect(result.usage.refused).toBeLessThan(LIMITS.maxRefusals + 10);
  });

  it('wrong options count as calls, so that they end as well', async () => {
    const { result, requests } = await h.run('for (;;) { try { await agent("x", {temperature: "hot"}) } catch {} }', {
      limits: { maxCalls: 50 },
    });
    expect(requests).toEqual([]);
    expect(result).toMatchObject({ status: 'stopped', usage: { calls: 50, requests: 0, failed: 50 } });
  });

  it('a code that a script made up does not make a failed run a stopped one', async () => {
    const { result } = await h.run('const e = new Error("forged"); e.code = "BRAID_BUDGET_EXHAUSTED"; throw e');
    expect(result).toMatchObject({ status: 'failed' });
  });

  it('depth: a script that calls itself', async () => {
    const root = tempFolder({ 'self.js': 'return await workflow({scriptPath: "self.js"})' });
    const { result } = await h.run('return await workflow({scriptPath: "self.js"})', {
      workspace: root,
      limits: { maxDepth: 3 },
    });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'BRAID_DEPTH' },
      usage: { calls: 3, refused: 1, failed: 3 },
    });
  });
});

describe('--max-time', () => {
  const slow = (request: Parameters<typeof promptOf>[0]) =>
    promptOf(request) === 'hangs' ? { hang: 'headers' as const } : 'ok';

  it('stops the run: what is in flight times out, what waits is refused, the value kept', async () => {
    const source =
      'const first = await agent("a"); const r = await parallel([() => agent("hangs"), () => agent("queued")]); return [first, ...r]';
    const { result, requests } = await h.run(source, { limits: { maxTimeMs: 3_000, concurrency: 1 }, provider: slow });
    expect(requests.map(promptOf)).toEqual(['a', 'hangs']);
    expect(result).toMatchObject({
      status: 'stopped',
      value: ['ok', null, null],
      error: null,
      usage: { calls: 3, requests: 2, failed: 1, refused: 1 },
    });
    expect(result.outcomes.toSorted((a, b) => a.label.localeCompare(b.label))).toMatchObject([
      { label: 'hangs', reason: 'timeout', code: 'BRAID_TIME' },
      { label: 'queued', reason: 'refused', code: 'BRAID_TIME' },
    ]);
  });

  it('is an error of the script that waits', async () => {
    const { result } = await h.run('await sleep("1h")', { limits: { maxTimeMs: 1_000 } });
    expect(result).toMatchObject({
      status: 'stopped',
      value: null,
      error: { code: 'BRAID_TIME' },
      usage: { calls: 0, refused: 0 },
    });
    expect(result.error?.fix).toContain('--max-time');
  });

  it('ends a script that sleeps again and again', async () => {
    const { result } = await h.run('for (;;) { try { await sleep(3600000) } catch {} }', {
      limits: { maxTimeMs: 1_000 },
    });
    expect(result).toMatchObject({ status: 'stopped', error: { code: 'BRAID_TIME' } });
  });

  it('does not count pauses', async () => {
    const handle = await h.start('await agent("a"); await sleep(1500); return await agent("b")', {
      limits: { maxTimeMs: 4_000 },
    });
    await handle.signal(SIGNALS.pause);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await handle.signal(SIGNALS.resume);
    expect(await resultOf(handle)).toMatchObject({ status: 'completed', value: 'ok', usage: { calls: 2, refused: 0 } });
  });
});

describe('much at once', () => {
  it('3,000 timers', async () => {
    const { result } = await h.run(
      'let n = 0; await Promise.all(Array.from({length: 3000}, () => sleep(10).then(() => n++))); return n',
    );
    expect(result).toMatchObject({ status: 'completed', value: 3_000 });
  });

  it('60 scripts', async () => {
    const root = tempFolder({ 'one.js': 'return args' });
    const { result } = await h.run(
      'return (await parallel(Array.from({length: 60}, (_, i) => () => workflow({scriptPath: "one.js"}, i)))).length',
      {
        workspace: root,
      },
    );
    expect(result).toMatchObject({ status: 'completed', value: 60, usage: { calls: 60, requests: 0 } });
  });

  it('a heavy computation after each of 20 answers that come at once: more than one workflow task may hold', async () => {
    const source = `let sum = 0
      await parallel(Array.from({length: 20}, (_, i) => async () => { await agent("n" + i); for (let k = 0; k < 1e6; k++) sum += k & 1 }))
      return sum`;
    const { result } = await h.run(source, { limits: { concurrency: 20 } });
    expect(result).toMatchObject({ status: 'completed', value: 10_000_000, usage: { calls: 20, requests: 20 } });
  });
});
