/** DW-30 to DW-35 for USD, input tokens, phases and single calls: what the books say is what the provider saw. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SIGNALS } from '../../../protocol/names.ts';
import { promptOf, type ProviderScript, type SeenRequest } from '../../../testing/provider/index.ts';
import { resultOf, useHarness } from '../../kit/harness.ts';
import { playingNodes } from '../../kit/play-nodes.ts';
import { cell } from '../../kit/play.ts';

const h = useHarness();
/** 0.15 USD for a million input tokens, 0.60 for output. */
const MODEL = 'openai-chat/gpt-4o-mini';
const INPUT = 20;
const OUTPUT = 500;

const outputOf = ({ maxOutputTokens }: SeenRequest) => Math.min(OUTPUT, maxOutputTokens ?? OUTPUT);
/** Prices every answer, as a provider does that keeps to what it is asked. */
const priced: ProviderScript = (request) => ({ text: 'x', usage: { input: INPUT, output: outputOf(request) } });
const bill = (requests: SeenRequest[]) =>
  requests.reduce((sum, one) => sum + (INPUT * 0.15 + outputOf(one) * 0.6) / 1e6, 0);

const many = (n: number) => `const all = await parallel(Array.from({length: ${n}}, (_, i) => () => agent('n' + i)))
  return [all.filter(Boolean).length, budget.usd.total, budget.usd.spent(), budget.calls.spent()]`;

describe('a cap in USD', () => {
  it.each([
    ['of plain calls', 0.001_5, false],
    ['of agents with tools, which work from leases', 0.003, true],
  ])('is never exceeded by a storm %s', async (_name, maxUsd, tools) => {
    const workspace = mkdtempSync(path.join(tmpdir(), 'braid-usd-'));
    writeFileSync(path.join(workspace, 'a.txt'), 'a');
    const { result, requests } = await h.run(many(8), {
      provider: priced,
      model: MODEL,
      limits: { maxUsd },
      ...(tools ? { workspace } : {}),
    });
    expect(bill(requests)).toBeLessThanOrEqual(maxUsd);
    // Bounds are far above what is really used; what comes back is used by the others.
    expect(requests.length).toBeGreaterThanOrEqual(4);
    expect(result.usage.usd).toBeCloseTo(bill(requests), 9);
    expect(result).toMatchObject({
      status: 'stopped',
      usage: { calls: 8, requests: requests.length, refused: 8 - requests.length },
    });
    expect(result.outcomes.map(({ reason, code }) => [reason, code])).toEqual(
      Array.from({ length: 8 - requests.length }, () => ['refused', 'BRAID_BUDGET_EXHAUSTED']),
    );
    expect(result.value).toEqual([requests.length, maxUsd, result.usage.usd, 8]);
  });

  it('holds for recursive calls at any depth with one slot', async () => {
    const { result, requests } = await h.rlm('root', {
      provider: async (request, n) => {
        const reply = await playingNodes({
          root: [cell("FINAL(await rlm_query('mid', 'c'))"), 'the root stops'],
          mid: [cell("FINAL(await rlm_query('low', 'c', {budget: {usd: 0.004}}))"), 'mid stops'],
          low: [
            cell("const said = []; for (let i = 0; i < 40; i++) said.push(await llm_query('leaf ' + i))"),
            'low stops',
          ],
        })(request, n);
        const told = typeof reply === 'string' ? { text: reply } : reply;
        return 'status' in told
          ? told
          : { ...told, usage: { input: 100, output: Math.min(1_500, request.maxOutputTokens ?? 1_500) } };
      },
      model: MODEL,
      limits: { maxUsd: 0.01, concurrency: 1 },
      rlm: { depth: 2, model: MODEL, subModel: MODEL },
    });
    const costOf = ({ maxOutputTokens }: SeenRequest) =>
      (100 * 0.15 + Math.min(1_500, maxOutputTokens ?? 1_500) * 0.6) / 1e6;
    const cost = requests.reduce((sum, request) => sum + costOf(request), 0);
    expect(cost).toBeLessThanOrEqual(0.01);
    expect(result.usage).toMatchObject({ requests: requests.length });
    expect(result.usage.usd).toBeCloseTo(cost, 9);
    const leaves = requests.filter((request) => promptOf(request).startsWith('leaf '));
    const below = leaves.reduce((sum, request) => sum + costOf(request), 0);
    expect(below).toBeGreaterThan(0.001_8);
    expect(below).toBeLessThanOrEqual(0.004);
  });

  it('waits for a higher one, and goes on', async () => {
    const handle = await h.start("return [await agent('a'), await agent('b'), await agent('c')]", {
      provider: priced,
      model: MODEL,
      limits: { maxUsd: 0.000_4, onLimit: 'pause' },
    });
    const state = async () => (await handle.describe()).searchAttributes['BraidState'];
    await expect.poll(state, { timeout: 20_000 }).toEqual(['paused']);
    // Below what is spent: nothing breaks, and nothing goes on.
    await handle.signal(SIGNALS.limits, { maxUsd: 0.000_02 });
    await handle.signal(SIGNALS.limits, { maxUsd: 1 });
    expect(await resultOf(handle)).toMatchObject({
      status: 'completed',
      value: ['x', 'x', 'x'],
      usage: { refused: 0 },
    });
  });

  it('a default model without a price fails the run before anything is sent', async () => {
    const { result, requests } = await h.run(many(3), { provider: priced, limits: { maxUsd: 1 } });
    expect(requests).toHaveLength(0);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'BRAID_PRICE_UNKNOWN' } });
    expect(result.error?.message).toContain('openai-chat/test');
    expect(result.error?.fix).toContain('--max-usd');
  });
});

describe('a budget of a phase', () => {
  it('bounds all calls of the phase together, and no others', async () => {
    const source = `phase('cheap', {budget: {calls: 3}})
      const cheap = await parallel([1, 2, 3, 4, 5].map((i) => () => agent('cheap ' + i)))
      phase('small', {budget: {outputTokens: 700}})
      const small = await parallel([1, 2, 3].map((i) => () => agent('small ' + i)))
      phase('rest')
      const rest = await parallel([1, 2].map((i) => () => agent('rest ' + i)))
      const late = await agentResult('late', {phase: 'cheap'})
      return [cheap, small, rest].map((list) => list.filter(Boolean).length).concat(late.error.message)`;
    const { result, requests } = await h.run(source, { provider: priced, model: MODEL });
    expect(result.value).toEqual([3, 2, 2, expect.stringMatching(/budget of phase "cheap" is used up \(calls\)/)]);
    // What is left is what the last request of the phase may use.
    expect(requests.slice(3, 5).map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([700, 200]);
    expect(result).toMatchObject({ status: 'stopped', usage: { requests: 7, refused: 4 } });
    expect(result.outcomes.map(({ phase, reason }) => [phase, reason])).toEqual([
      ...[
        ['cheap', 'refused'],
        ['cheap', 'refused'],
        ['small', 'refused'],
        ['cheap', 'refused'],
      ],
    ]);
  });
});

describe('a budget of a call', () => {
  it('ends that call and nothing else; a wrong one is an error with the fix', async () => {
    const source = `const poor = await agentResult('p', {schema: {type: 'object', properties: {}}, budget: {requests: 1}})
      const dear = await agentResult('d', {budget: {usd: 1}, model: 'openai-chat/unheard-of'})
      const cut = await agentResult('c', {budget: {outputTokens: 40, inputTokens: 5000, usd: 1, time: '1m', calls: 1}})
      const wrong = await agentResult('w', {budget: {dollars: 1}})
      return [poor, dear, cut, wrong].map(({ok, reason, error}) => [ok, reason, error?.code ?? null, error?.message ?? null])`;
    const { result, requests } = await h.run(source, { provider: priced, model: MODEL });
    expect(result.value).toEqual([
      [
        false,
        'error',
        'BRAID_BUDGET_EXHAUSTED',
        expect.stringContaining('The budget of the call is used up (requests)'),
      ],
      [false, 'error', 'BRAID_PRICE_UNKNOWN', expect.stringContaining('openai-chat/unheard-of')],
      [true, null, null, null],
      [false, 'error', 'BRAID_OPTION', expect.stringContaining('budget has no "dollars"; there are calls, requests')],
    ]);
    expect(requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([8192, 40]);
    expect(result).toMatchObject({ status: 'completed_with_failures', usage: { calls: 4, refused: 0, failed: 3 } });
  });
});
