/** What reaches the children of a run: pause, resume, cancel, timeouts, death, scripts that scripts call (DW-19, DW-25, DW-52). */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MODEL_CALL } from '../../../protocol/limits.ts';
import { SIGNALS } from '../../../protocol/names.ts';
import type { ScriptResult } from '../../../protocol/script-result.ts';
import { resultOf, useHarness } from '../../kit/harness.ts';
import { promptOf } from '../../../testing/provider/index.ts';
import { DEAD, viewOf } from '../../kit/script-file.ts';
import { tempFolder } from '../../unit/workspace/kit.ts';
import { calls, childResult, outputsOf, turnOf } from './kit.ts';

const h = useHarness();
const workspace = () => tempFolder({ 'a.js': 'one\n' });
const child = (run: { workflowId: string }, address = 'agent:1') =>
  h.client.workflow.getHandle(`${run.workflowId}/${address}`);

describe('pause and resume', () => {
  it('a paused run asks nothing more, its children neither', async () => {
    let asked = 0;
    const handle = await h.start('return await parallel([1, 2].map((n) => () => agent("x" + n)))', {
      workspace: workspace(),
      provider: (request) => {
        asked += 1;
        return { ...(turnOf(request) < 6 ? calls(['read', { path: 'a.js' }]) : { text: 'done' }), delayMs: 150 };
      },
    });
    await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(2);
    await handle.signal(SIGNALS.pause);
    await sleep(1_500);
    const then = asked;
    await sleep(1_000);
    expect(asked).toBe(then);
    expect(asked).toBeLessThan(14);
    await handle.signal(SIGNALS.resume);
    expect(await resultOf(handle)).toMatchObject({
      status: 'completed',
      value: ['done', 'done'],
      usage: { calls: 2, requests: 14 },
    });
  });

  it('holds the next try of a call in its own history too', async () => {
    let asked = 0;
    const handle = await h.start(
      `return await agent("x", {schema: {type: 'object', properties: {n: {type: 'integer'}}, required: ['n']}})`,
      {
        provider: (_request, n) => {
          asked = n;
          return { submit: n < 4 ? { n: 'x' } : { n }, delayMs: 300 };
        },
      },
    );
    await expect.poll(() => asked, { timeout: 20_000 }).toBe(1);
    await handle.signal(SIGNALS.pause);
    await sleep(1_500);
    expect(asked).toBe(1);
    await handle.signal(SIGNALS.resume);
    expect(await resultOf(handle)).toMatchObject({
      status: 'completed',
      value: { n: 4 },
      usage: { calls: 1, requests: 4 },
    });
  });

  it('an agent that ends while it is being paused harms nothing', async () => {
    const handle = await h.start(
      'const r = []; for (let i = 0; i < 5; i++) r.push(await agent("x" + i)); return r.length',
      { workspace: workspace() },
    );
    for (let i = 0; i < 6; i += 1) {
      await handle.signal(SIGNALS.pause).catch(() => undefined);
      await handle.signal(SIGNALS.resume).catch(() => undefined);
    }
    expect(await resultOf(handle)).toMatchObject({ status: 'completed', value: 5, usage: { calls: 5, requests: 5 } });
  });
});

describe('cancel', () => {
  it('reaches the children and their sockets', async () => {
    const handle = await h.start('return await parallel([1, 2].map((n) => () => agent("x" + n)))', {
      workspace: workspace(),
      provider: (request) => (turnOf(request) === 0 ? calls(['read', { path: 'a.js' }]) : { hang: 'stream' }),
    });
    const before = h.provider.requests.length;
    await expect.poll(() => h.provider.requests.length - before, { timeout: 20_000 }).toBe(4);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    for (const address of ['agent:1', 'agent:2']) {
      await expect
        .poll(async () => (await child(handle, address).describe()).status.name, { timeout: 20_000 })
        .toBe('CANCELLED');
    }
    // A worker whose heartbeat finds no workflow cannot tell a cancelled call from one that its successor will join.
    const patience = { timeout: MODEL_CALL.orphanMs + 15_000 };
    await expect
      .poll(() => h.provider.requests.slice(before).filter((request) => request.closed).length, patience)
      .toBe(2);
  });
});

describe('timeout', () => {
  it('of a call ends its child with what it cost, not the run', async () => {
    const { result, requests, handle } = await h.run(
      'return [await agent("slow", {timeout: "2s", label: "s"}), await agent("fast")]',
      {
        workspace: workspace(),
        provider: (request) => {
          if (promptOf(request) === 'fast') return 'done';
          return turnOf(request) === 0
            ? { ...calls(['read', { path: 'a.js' }]), usage: { input: 5, output: 7 } }
            : { hang: 'stream' };
        },
      },
    );
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: [null, 'done'],
      usage: { calls: 2, requests: 3, failed: 1, refused: 0 },
      outcomes: [{ address: 'agent:1', label: 's', reason: 'timeout', code: 'BRAID_CALL_TIMEOUT', attempts: 2 }],
    });
    expect(requests).toHaveLength(3);
    expect(await childResult(h, handle)).toMatchObject({
      ok: false,
      requests: 2,
      steps: 1,
      toolCalls: 1,
      usage: { outputTokens: 7 },
    });
  });

  it('holds while a call waits for the budget', async () => {
    const source = `return await parallel([() => agent("holds all", {timeout: "4s"}), () => agent("waits", {timeout: "1s"})])`;
    const { result, requests } = await h.run(source, {
      limits: { maxRequests: 1 },
      provider: () => ({ hang: 'headers' }),
    });
    expect(requests).toHaveLength(1);
    expect(result).toMatchObject({ value: [null, null], usage: { calls: 2, requests: 1, failed: 2, refused: 0 } });
    expect(result.outcomes.map(({ label, reason, attempts }) => [label, reason, attempts])).toEqual([
      ['waits', 'timeout', 0],
      ['holds all', 'timeout', 1],
    ]);
  });
});

describe('a child that ends without a result', () => {
  const source = 'return [await agent("hangs", {label: "lost one"}), await agent("next")]';
  const provider = (request: Parameters<typeof promptOf>[0]) =>
    promptOf(request) === 'hangs' ? { hang: 'headers' as const } : 'done';

  async function after(end: (run: { workflowId: string }) => Promise<unknown>, limits = {}): Promise<ScriptResult> {
    const before = h.provider.requests.length;
    const handle = await h.start(source, { workspace: workspace(), provider, limits });
    await expect.poll(() => h.provider.requests.length - before, { timeout: 20_000 }).toBe(1);
    await end(handle);
    return resultOf(handle);
  }

  it('terminated: an outcome, and the run goes on', async () => {
    const result = await after((run) => child(run).terminate('by hand'));
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: [null, 'done'],
      usage: { calls: 2, failed: 1 },
      outcomes: [{ label: 'lost one', reason: 'error', code: 'BRAID_CALL_LOST' }],
    });
  });

  it('cancelled from outside: likewise', async () => {
    const result = await after((run) => child(run).cancel());
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: [null, 'done'],
      usage: { calls: 2, failed: 1 },
      outcomes: [{ label: 'lost one', reason: 'cancelled', code: 'BRAID_CALL_CANCELLED' }],
    });
  });

  it('terminated with a lease: all of the lease counts as spent, and the rest can be used', async () => {
    const result = await after((run) => child(run).terminate('by hand'), { maxRequests: 7 });
    // A lease is two turns of three tries.
    expect(result).toMatchObject({ value: [null, 'done'], usage: { calls: 2, requests: 7, failed: 1, refused: 0 } });
  });
});

describe('calls that are open when the script ends', () => {
  const cancelled = { reason: 'cancelled', code: 'BRAID_CALL_CANCELLED' };

  it('are given up: what was in flight counts as sent, what was begun last or waits in the queue does not', async () => {
    const source = `agent("hangs", {label: "b in flight"})
      const r = await agent("fast")
      agent("late", {label: "a begun last"})
      agent("queued", {label: "c queued"})
      return r`;
    const { result, requests } = await h.run(source, {
      limits: { concurrency: 2 },
      provider: (request) => (promptOf(request) === 'hangs' ? { hang: 'headers' } : 'fast answer'),
    });
    expect(requests.map(promptOf).toSorted()).toEqual(['fast', 'hangs']);
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: 'fast answer',
      usage: { calls: 4, requests: 2, failed: 3, refused: 0 },
    });
    expect(result.outcomes.toSorted((a, b) => a.label.localeCompare(b.label))).toMatchObject([
      { label: 'a begun last', ...cancelled },
      { label: 'b in flight', ...cancelled },
      { label: 'c queued', ...cancelled },
    ]);
  });

  it('also when the script failed', async () => {
    const { result } = await h.run('agent("hangs"); await agent("fast"); throw new Error("mine")', {
      provider: (request) => (promptOf(request) === 'hangs' ? { hang: 'headers' } : 'fast answer'),
    });
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'BRAID_SCRIPT_ERROR', message: 'mine' },
      usage: { calls: 2, requests: 2, failed: 1 },
      outcomes: [cancelled],
    });
  });

  it('children too', async () => {
    const { result, handle } = await h.run('agent("hangs"); return await agent("fast")', {
      workspace: workspace(),
      provider: (request) => (promptOf(request) === 'hangs' ? { hang: 'headers' } : 'fast answer'),
    });
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: 'fast answer',
      usage: { calls: 2, failed: 1 },
    });
    await expect.poll(async () => (await child(handle).describe()).status.name, { timeout: 20_000 }).toBe('CANCELLED');
  });
});

describe('scripts that scripts call', () => {
  it('have agents with tools of their own, on the same snapshot and in the same counts', async () => {
    const root = workspace();
    mkdirSync(path.join(root, '.braid/workflows'), { recursive: true });
    writeFileSync(path.join(root, '.braid/workflows/look.js'), 'return [args, await agent("look " + args)]');
    const source =
      'const a = await agent("look first"); return [a, ...await parallel([1, 2].map((n) => () => workflow("look", n)))]';
    const { result, requests, handle } = await h.run(source, {
      workspace: root,
      limits: { maxRequests: 20 },
      provider: (request) => {
        if (turnOf(request) === 0) return calls(['read', { path: 'a.js' }]);
        writeFileSync(path.join(root, 'a.js'), 'changed\n');
        return outputsOf(request).join();
      },
    });
    expect(result).toMatchObject({
      status: 'completed',
      value: ['1\tone', [1, '1\tone'], [2, '1\tone']],
      usage: { calls: 5, requests: 6, failed: 0, refused: 0 },
    });
    expect(requests).toHaveLength(6);
    const view = await viewOf(h, handle);
    expect(
      view.calls
        .filter((call) => call.child !== null)
        .map((call) => call.address.replace(/agent:\d+$/, 'agent'))
        .toSorted(),
    ).toEqual(['agent', 'workflow:1/agent', 'workflow:2/agent']);
  });

  it('more of them at once than may be open', async () => {
    const root = workspace();
    mkdirSync(path.join(root, '.braid/workflows'), { recursive: true });
    writeFileSync(path.join(root, '.braid/workflows/inner.js'), 'return args * 2');
    writeFileSync(
      path.join(root, '.braid/workflows/outer.js'),
      'return await workflow("inner", args) + await workflow("inner", args)',
    );
    const { result } = await h.run(
      'return await parallel(Array.from({length: 20}, (_, i) => () => workflow("outer", i)))',
      { workspace: root },
    );
    expect(result).toMatchObject({
      status: 'completed',
      value: Array.from({ length: 20 }, (_, i) => i * 4),
      usage: { calls: 60, requests: 0 },
    });
  });

  it('one that fails leaves one outcome, and its error is for the caller to catch', async () => {
    const root = workspace();
    writeFileSync(path.join(root, 'bad.js'), 'await agent("dies", {label: "inside"})\nthrow new Error("no good")');
    const { result } = await h.run('try { await workflow({scriptPath: "bad.js"}) } catch (e) { return e.message }', {
      workspace: root,
      provider: () => DEAD,
    });
    expect(result).toMatchObject({ status: 'completed_with_failures', usage: { calls: 2, failed: 2, refused: 0 } });
    expect(result.value).toMatch(/workflow bad.*no good.*bad\.js:2/);
    expect(result.outcomes).toMatchObject([
      { label: 'inside', code: 'BRAID_PROVIDER_BAD_REQUEST' },
      { address: 'workflow:1', label: 'bad.js', reason: 'error', code: 'BRAID_SCRIPT_ERROR' },
    ]);
  });

  it('one that a limit forbids is refused, with an outcome', async () => {
    const { result } = await h.run(
      'await agent("x", {tools: []}); try { await workflow("any") } catch (e) { return e.code }',
      {
        workspace: workspace(),
        limits: { maxCalls: 1 },
      },
    );
    expect(result).toMatchObject({
      status: 'stopped',
      value: 'BRAID_BUDGET_EXHAUSTED',
      usage: { calls: 1, refused: 1, failed: 0 },
    });
    expect(result.outcomes).toMatchObject([{ address: 'workflow:1', label: 'any', reason: 'refused' }]);
  });

  it('gets null as null', async () => {
    const root = workspace();
    writeFileSync(path.join(root, 'kind.js'), 'return args === null ? "null" : typeof args');
    const { result } = await h.run(
      'const w = (...a) => workflow({scriptPath: "kind.js"}, ...a); return [await w(null), await w(), await w(undefined), await w(0)]',
      {
        workspace: root,
      },
    );
    expect(result.value).toEqual(['null', 'undefined', 'undefined', 'number']);
  });
});
