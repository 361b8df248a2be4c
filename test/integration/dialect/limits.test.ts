/** Dialect rows DW-30 to DW-35, DW-52 (pause, resume, cancel) and DW-53. */
import { describe, expect, it } from 'vitest';
import { SIGNALS } from '../../../protocol/names.ts';
import { resultOf, useHarness } from '../../kit/harness.ts';
import type { ProviderScript } from '../../../testing/provider/index.ts';

const h = useHarness();
const hundred: ProviderScript = () => ({ text: 'x', usage: { input: 10, output: 100 } });

describe('DW-30 budget', () => {
  it('without a total remaining is Infinity', async () => {
    const { result } = await h.run(
      'await agent("x"); return [budget.total, budget.spent(), String(budget.remaining())]',
      { provider: hundred },
    );
    expect(result.value).toEqual([null, 100, 'Infinity']);
  });

  it('with one it is a pool', async () => {
    const source = 'await agent("x"); return [budget.total, budget.spent(), budget.remaining()]';
    const { result } = await h.run(source, { provider: hundred, limits: { maxOutputTokens: 1000 } });
    expect(result.value).toEqual([1000, 100, 900]);
  });
});

describe('DW-31 ceiling', () => {
  it('throws BRAID_BUDGET_EXHAUSTED and never overshoots', async () => {
    const source = `let n = 0; try { for (;;) { await agent("x"); n++ } } catch (e) { return [n, e.code] }`;
    const { result, requests } = await h.run(source, { provider: hundred, limits: { maxOutputTokens: 350 } });
    expect(requests.length).toBeLessThanOrEqual(4);
    expect(result.usage.outputTokens).toBeLessThanOrEqual(400);
    expect((result.value as [number, string])[1]).toBe('BRAID_BUDGET_EXHAUSTED');
    expect(result.status).toBe('stopped');
  });

  it('sends what is left as the bound of the last call', async () => {
    const { requests } = await h.run('await agent("a"); await agent("b"); return 1', {
      provider: hundred,
      limits: { maxOutputTokens: 150 },
    });
    expect(requests.map((request) => request.maxOutputTokens)).toEqual([150, 50]);
  });

  it('DW-31a leaves an outcome of the refused call', async () => {
    const { result } = await h.run('await agent("a"); return await parallel([() => agent("b", {label: "second"})])', {
      limits: { maxCalls: 1 },
    });
    expect(result).toMatchObject({ status: 'stopped', value: [null], usage: { calls: 1, refused: 1, failed: 0 } });
    expect(result.outcomes).toMatchObject([{ reason: 'refused', code: 'BRAID_BUDGET_EXHAUSTED' }]);
  });

  it('with --on-limit pause it waits for a higher limit', async () => {
    const source = 'return [await agent("a"), await agent("b")]';
    const handle = await h.start(source, { limits: { maxCalls: 1, onLimit: 'pause' } });
    await expect
      .poll(async () => (await handle.describe()).searchAttributes['BraidState'], { timeout: 20_000 })
      .toEqual(['paused']);
    await handle.signal(SIGNALS.limits, { maxCalls: 5 });
    expect(await resultOf(handle)).toMatchObject({ status: 'completed', value: ['ok', 'ok'] });
  });
});

describe('DW-32, DW-35 the call limit', () => {
  it('stops a loop without a total, with a clear message', async () => {
    const { result, requests } = await h.run('while (budget.remaining() > 5) await agent("x")', {
      limits: { maxCalls: 7 },
    });
    expect(requests).toHaveLength(7);
    expect(result).toMatchObject({ status: 'stopped', error: { code: 'BRAID_BUDGET_EXHAUSTED' } });
    expect(result.error?.message).toMatch(/maxCalls = 7.*--max-calls/);
  });
});

describe('DW-34 concurrency', () => {
  it('bounds calls in flight; the rest wait in order of request', async () => {
    let now = 0;
    let most = 0;
    const seen: string[] = [];
    const { result } = await h.run(
      'return (await parallel(Array.from({length: 12}, (_, i) => () => agent("n" + i)))).length',
      {
        limits: { concurrency: 3 },
        provider: async (request) => {
          now += 1;
          most = Math.max(most, now);
          seen.push(/n(\d+)/.exec(JSON.stringify(request.body))?.[1] ?? '');
          await new Promise((resolve) => setTimeout(resolve, 30));
          now -= 1;
          return 'ok';
        },
      },
    );
    expect(result.value).toBe(12);
    expect(most).toBeLessThanOrEqual(3);
    expect(seen.slice(0, 3).toSorted()).toEqual(['0', '1', '2']);
  });
});

describe('requests', () => {
  it('--max-requests bounds retries and repairs too', async () => {
    const { result, requests } = await h.run('return await parallel([1, 2, 3].map((i) => () => agent("x" + i)))', {
      limits: { maxRequests: 2 },
    });
    expect(requests).toHaveLength(2);
    expect(result).toMatchObject({ status: 'stopped', usage: { requests: 2, refused: 1 } });
  });

  it('429 is waited out and no call is lost', async () => {
    const { result, requests } = await h.run('return await parallel([1, 2, 3, 4].map((i) => () => agent("x" + i)))', {
      provider: (_request, n) =>
        n <= 4 ? { status: 429, headers: { 'retry-after-ms': '50' }, body: { error: { message: 'slow' } } } : 'ok',
    });
    expect(result).toMatchObject({
      status: 'completed',
      value: ['ok', 'ok', 'ok', 'ok'],
      usage: { calls: 4, failed: 0 },
    });
    expect(result.usage.requests).toBe(requests.length);
  });

  it('5xx is retried and counted', async () => {
    const { result } = await h.run('return await agent("x")', {
      provider: (_r, n) => (n === 1 ? { status: 500 } : 'ok'),
    });
    expect(result).toMatchObject({ value: 'ok', usage: { calls: 1, requests: 2 } });
  });
});

describe('DW-52 pause, resume, cancel', () => {
  it('a paused run dispatches nothing until it is resumed', async () => {
    let asked = 0;
    const handle = await h.start('for (let i = 0; i < 6; i++) await agent("x" + i); return 1', {
      provider: () => {
        asked += 1;
        return { text: 'ok', delayMs: 100 };
      },
    });
    await expect.poll(() => asked).toBeGreaterThan(0);
    await handle.signal(SIGNALS.pause);
    await expect.poll(async () => (await handle.describe()).searchAttributes['BraidState']).toEqual(['paused']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const then = asked;
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(asked).toBe(then);
    await handle.signal(SIGNALS.resume);
    expect(await resultOf(handle)).toMatchObject({ status: 'completed', usage: { calls: 6 } });
  });

  it('cancel reaches the socket', async () => {
    let open = 0;
    const handle = await h.start('return await agent("x")', {
      provider: () => {
        open += 1;
        return { hang: 'headers' };
      },
    });
    await expect.poll(() => open).toBe(1);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect((await handle.describe()).status.name).toBe('CANCELLED');
  });
});

describe('DW-53 status', () => {
  it('is completed only when every call gave a value', async () => {
    const { result } = await h.run('return await parallel([1, 2, 3, 4, 5].map((i) => () => agent("n" + i)))', {
      provider: (request) =>
        JSON.stringify(request.body).includes('n5') ? 'ok' : { status: 400, body: { error: { message: 'no' } } },
    });
    expect(result).toMatchObject({ status: 'completed_with_failures', usage: { calls: 5, failed: 4 } });
    expect(result.outcomes).toHaveLength(4);
  });

  it('a rejected key of the default model fails the run at once', async () => {
    const { result, requests } = await h.run(
      'return await parallel(Array.from({length: 30}, (_, i) => () => agent("n" + i)))',
      {
        limits: { concurrency: 2 },
        provider: () => ({ status: 401, body: { error: { message: 'bad key' } } }),
      },
    );
    expect(result).toMatchObject({ status: 'failed', error: { code: 'BRAID_PROVIDER_KEY_REJECTED' } });
    expect(requests.length).toBeLessThanOrEqual(6);
  });
});

describe('calls that nobody waits for', () => {
  it('are cancelled and told when the script returns without them', async () => {
    const { result } = await h.run('agent("forgotten", {label: "f"}); await sleep(300); return 1', {
      provider: () => ({ hang: 'headers' }),
    });
    expect(result).toMatchObject({ status: 'completed_with_failures', value: 1, usage: { calls: 1, failed: 1 } });
    expect(result.outcomes).toMatchObject([{ label: 'f', reason: 'cancelled', code: 'BRAID_CALL_CANCELLED' }]);
  });

  it('--max-time stops a run with what it has', async () => {
    const source = `const done = []; try { done.push(await agent('fast')); done.push(await agent('slow')) } catch (e) { return [done, e.code] }`;
    const { result } = await h.run(source, {
      limits: { maxTimeMs: 5_000 },
      provider: (request) => (JSON.stringify(request.body).includes('slow') ? { hang: 'headers' } : 'ok'),
    });
    expect(result).toMatchObject({ status: 'stopped', value: [['ok'], 'BRAID_TIME'], usage: { calls: 2, failed: 1 } });
    expect(result.outcomes).toMatchObject([{ reason: 'timeout', code: 'BRAID_TIME' }]);
  });

  it('--max-time ends a sleep as well', async () => {
    const { result } = await h.run('await sleep("1h"); return 1', { limits: { maxTimeMs: 500 } });
    expect(result).toMatchObject({ status: 'stopped', error: { code: 'BRAID_TIME' } });
  });
});
