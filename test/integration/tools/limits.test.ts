/** Capped runs whose agents are children: leases of ledger.ts (L1–L4) and child-lease.ts (C1, C2), by exact counts. */
import { describe, expect, it } from 'vitest';
import type { ScriptResult } from '../../../protocol/script-result.ts';
import { useHarness, type RunOptions } from '../../kit/harness.ts';
import type { ProviderScript } from '../../../testing/provider/index.ts';
import { tempFolder } from '../../unit/workspace/kit.ts';
import { calls, turnOf } from './kit.ts';

const h = useHarness();

/** `agents` agents at once, each with `turns` turns of 100 output tokens. */
async function fleet(agents: number, turns: number, limits: RunOptions['limits'], options = '') {
  const provider: ProviderScript = (request) => ({
    ...(turnOf(request) < turns - 1 ? calls(['read', { path: 'a' }]) : { text: 'done' }),
    usage: { input: 10, output: 100 },
    delayMs: 20,
  });
  const source = `return await parallel(Array.from({length: ${agents}}, (_, i) => () => agent("n" + i, {${options}})))`;
  const ran = await h.run(source, {
    workspace: tempFolder({ a: 'text' }),
    provider,
    limits: { concurrency: agents, ...limits },
  });
  const values = (ran.result.value ?? []) as (string | null)[];
  return { ...ran, done: values.filter((value) => value === 'done').length };
}

function tokensOf(result: ScriptResult): number[] {
  return [result.usage.inputTokens, result.usage.outputTokens];
}

describe('--max-requests with agents that have tools', () => {
  it('is exact when it is just enough', async () => {
    const { result, requests, done } = await fleet(3, 3, { maxRequests: 9 });
    expect(result).toMatchObject({ status: 'completed', usage: { calls: 3, requests: 9, failed: 0, refused: 0 } });
    expect([requests.length, done]).toEqual([9, 3]);
    expect(tokensOf(result)).toEqual([90, 900]);
  });

  it('is never exceeded and never left unused while somebody wants it', async () => {
    const { result, requests, done } = await fleet(3, 3, { maxRequests: 5 });
    expect(requests).toHaveLength(5);
    expect(result).toMatchObject({ status: 'stopped', usage: { calls: 3, requests: 5, failed: 0, refused: 2 } });
    expect(done).toBe(1);
    expect(tokensOf(result)).toEqual([50, 500]);
    const refused = { reason: 'refused', code: 'BRAID_BUDGET_EXHAUSTED' };
    expect(result.outcomes).toMatchObject([refused, refused]);
  });

  it('does not lock up when many more agents than requests start at once', async () => {
    const { result, requests, done } = await fleet(12, 1, { maxRequests: 4 });
    expect(requests).toHaveLength(4);
    expect(done).toBe(4);
    expect(result).toMatchObject({ status: 'stopped', usage: { calls: 12, requests: 4, failed: 0, refused: 8 } });
    expect(result.outcomes).toHaveLength(8);
  });

  it('one request lets one turn through', async () => {
    const { result, requests } = await fleet(2, 2, { maxRequests: 1 });
    expect(requests).toHaveLength(1);
    expect(result).toMatchObject({
      status: 'stopped',
      value: [null, null],
      usage: { calls: 2, requests: 1, failed: 0, refused: 2 },
    });
  });

  it('children and inline calls share one pool', async () => {
    const { result, requests } = await h.run(
      'return await parallel([() => agent("a"), () => agent("b", {tools: []}), () => agent("c"), () => agent("d", {tools: []})])',
      { workspace: tempFolder({ a: 'x' }), limits: { maxRequests: 3 } },
    );
    expect(requests).toHaveLength(3);
    expect(result).toMatchObject({ status: 'stopped', usage: { calls: 4, requests: 3, refused: 1 } });
    expect((result.value as (string | null)[]).filter((value) => value === 'ok')).toHaveLength(3);
  });
});

describe('--max-output-tokens with agents that have tools', () => {
  it('L1 is never exceeded; what is not used comes back', async () => {
    // 8 agents × 2 turns × 100 tokens; each turn may use 300, so at most two can hold a lease of two turns at once.
    const { result, requests, done } = await fleet(8, 2, { maxOutputTokens: 1_600 }, 'maxOutputTokens: 300');
    expect(result).toMatchObject({
      status: 'completed',
      usage: { calls: 8, requests: 16, refused: 0, outputTokens: 1_600 },
    });
    expect([requests.length, done]).toEqual([16, 8]);
    expect(Math.max(...requests.map((request) => request.maxOutputTokens ?? 0))).toBe(300);
  });

  it('the bound sent to the provider shrinks with what is left', async () => {
    const { result, requests } = await fleet(1, 9, { maxOutputTokens: 450 }, 'maxOutputTokens: 200');
    expect(requests.map((request) => request.maxOutputTokens)).toEqual([200, 200, 200, 150, 50]);
    expect(result).toMatchObject({
      status: 'stopped',
      value: [null],
      usage: { calls: 1, requests: 5, refused: 1, outputTokens: 500 },
    });
  });

  it('L4 what a provider gives above its bound is charged in full', async () => {
    const { result, requests } = await fleet(3, 1, { maxOutputTokens: 150 }, 'maxOutputTokens: 50');
    expect(result.usage.outputTokens).toBe(requests.length * 100);
    expect(requests.length).toBeLessThan(4);
    expect(result.usage.refused).toBe(3 - requests.length);
  });
});

describe('--max-calls with agents that have tools', () => {
  it('counts calls, not turns', async () => {
    const { result, requests, done } = await fleet(4, 3, { maxCalls: 2 });
    expect(done).toBe(2);
    expect(requests).toHaveLength(6);
    expect(result).toMatchObject({ status: 'stopped', usage: { calls: 2, requests: 6, failed: 0, refused: 2 } });
  });
});

describe('no caps', () => {
  it('children ask for no lease: no signal in either history', async () => {
    const { handle, result } = await fleet(2, 3, {});
    expect(result).toMatchObject({ status: 'completed', usage: { calls: 2, requests: 6, outputTokens: 600 } });
    for (const id of [handle.workflowId, `${handle.workflowId}/agent:1`]) {
      const { events } = await h.client.workflow.getHandle(id).fetchHistory();
      expect(events?.some((event) => event.workflowExecutionSignaledEventAttributes)).toBe(false);
    }
  });
});
