/**
 * rlm.md, "Budgets that leak elsewhere", through whole trees: what the books say is what the provider saw, request by request.
 * Every answer costs 10 output tokens, or what it was allowed.
 */
import { describe, expect, it } from 'vitest';
import { promptOf, type ProviderScript, type Reply, type SeenRequest } from '../../../testing/provider/index.ts';
import type { RlmResult } from '../../../protocol/rlm.ts';
import { resultOf, useHarness } from '../../kit/harness.ts';
import { playingNodes, questionOf, turnOf, type NodePlay } from '../../kit/play-nodes.ts';
import { cell, isTurn } from '../../kit/play.ts';

const h = useHarness();
const COST = 10;

/** Prices every answer, as a provider does that keeps to `maxOutputTokens`. */
function pricing(script: ProviderScript): ProviderScript {
  return async (request, n) => {
    const reply = await script(request, n);
    const told = typeof reply === 'string' ? { text: reply } : reply;
    return 'status' in told ? told : { ...told, usage: { input: 1, output: outputOf(request) } };
  };
}

function outputOf({ maxOutputTokens }: SeenRequest): number {
  return Math.min(COST, maxOutputTokens ?? COST);
}

const tree = (nodes: { [question: string]: NodePlay }, leaf?: (request: SeenRequest) => Reply): ProviderScript =>
  pricing(playingNodes(nodes, leaf));

/** Three levels: 2 children, 4 grandchildren, 12 plain calls. */
const THREE_DEEP = tree({
  root: [
    cell("const all = await rlm_query_batched(['mid 0', 'mid 1'].map((q) => [q, 'c']))\nFINAL(all)"),
    'root had to stop',
  ],
  mid: [
    cell("const all = await rlm_query_batched([0, 1].map((i) => ['low ' + question + '/' + i, 'c']))\nFINAL(all)"),
    'mid had to stop',
  ],
  low: [
    cell("const all = await llm_query_batched([0, 1, 2].map((i) => 'leaf of ' + question + '/' + i))\nFINAL(all)"),
    'low had to stop',
  ],
});
const CALLS = 18;
const REQUESTS = 19;

/** The books agree with the provider. */
function balanced({ usage }: RlmResult, requests: SeenRequest[], failed = 0): void {
  expect(usage.requests).toBe(requests.length);
  expect(usage.inputTokens).toBe(requests.length - failed);
  const output = requests.reduce((sum, request) => sum + outputOf(request), 0);
  expect(usage.outputTokens).toBe(output - failed * COST);
}

/** Calls that were really made: first turns of children, and plain calls. */
function made(requests: SeenRequest[]): string[] {
  return requests.flatMap((request) => {
    if (!isTurn(request)) return [promptOf(request)];
    return turnOf(request) === 0 && questionOf(request) !== 'root' ? [questionOf(request)] : [];
  });
}

describe('three-deep chains with parallel siblings', () => {
  it('without a cap: the totals are the sum of the calls', async () => {
    const { result, requests } = await h.rlm('root', { rlm: { depth: 3 }, provider: THREE_DEEP });
    expect(requests).toHaveLength(REQUESTS);
    expect(result.usage).toMatchObject({ calls: CALLS, refused: 0, failed: 0 });
    expect(result.status).toBe('completed');
    balanced(result, requests);
  });

  it.each([
    ['maxRequests', { maxRequests: 9 }],
    ['maxRequests at a window of 1', { maxRequests: 9, concurrency: 1 }],
    ['maxOutputTokens', { maxOutputTokens: 9 * COST }],
  ])('cannot spend beyond the lease of the root: %s', async (_name, limits) => {
    const { result, requests } = await h.rlm('root', { rlm: { depth: 3 }, limits, provider: THREE_DEEP });
    expect(requests).toHaveLength(9);
    expect(result.status).toBe('stopped');
    expect(result.usage.refused).toBeGreaterThan(0);
    balanced(result, requests);
  });

  it('cannot make more calls than the root may: a batch of n counts n', async () => {
    const { result, requests } = await h.rlm('root', {
      rlm: { depth: 3 },
      limits: { maxCalls: 10 },
      provider: THREE_DEEP,
    });
    expect(made(requests)).toHaveLength(10);
    expect(new Set(made(requests)).size).toBe(10);
    expect(result.usage.calls).toBe(10);
    expect(result.usage.refused).toBeGreaterThan(0);
    expect(result.status).toBe('stopped');
    balanced(result, requests);
  });
});

describe('children that fail or are cancelled keep what they used, and give back the rest', () => {
  const spending: NodePlay = [
    cell("const one = await llm_query('paid for')"),
    cell("const two = await llm_query('last')"),
  ];
  const rest = cell("while (true) await llm_query('one more')");

  it.each([
    ['without a cap', {}, 9],
    ['capped', { maxRequests: 12 }, 12],
  ])('a failed child: %s', async (_name, limits, expected) => {
    const { result, requests } = await h.rlm('root', {
      limits: { ...limits, maxCalls: expected === 9 ? 6 : 1_000 },
      provider: tree({
        root: [cell("const given = await rlm_query_batched(['failing', 'fine'])"), rest, cell("FINAL_VAR('given')")],
        failing: [...spending, { status: 400, body: { error: { message: 'no more' } } }],
        fine: [cell("FINAL('fine')")],
      }),
    });
    // Root 1, failing 2 + 2 leaves + the failure, fine 1: the rest is what "one more" and the last word may use.
    const refusedByProvider = requests.filter((request) => questionOf(request) === 'failing' && turnOf(request) === 2);
    expect(refusedByProvider).toHaveLength(1);
    expect(result.usage).toMatchObject({ failed: 1 });
    expect(requests.length).toBe(expected === 12 ? 12 : requests.length);
    balanced(result, requests, 1);
    if (expected === 9)
      expect(result.value).toEqual([
        { error: expect.stringContaining('no more'), code: 'BRAID_PROVIDER_BAD_REQUEST' },
        'fine',
      ]);
  });

  it.each([
    ['without a cap', {}],
    ['capped', { maxRequests: 10 }],
  ])('a child cancelled from outside: %s', async (_name, limits) => {
    const before = h.provider.requests.length;
    const handle = await h.startRlm('root', {
      limits: { ...limits, maxCalls: 6 },
      provider: tree(
        {
          root: [cell("const given = await rlm_query_batched(['slow one', 'fine'])"), rest, cell("FINAL_VAR('given')")],
          slow: spending,
          fine: [cell("FINAL('fine')")],
        },
        (request) => (promptOf(request) === 'last' ? { hang: 'headers' } : 'ok'),
      ),
    });
    const hung = () => h.provider.requests.slice(before).find((request) => promptOf(request) === 'last');
    await expect.poll(hung, { timeout: 30_000 }).toBeDefined();
    await h.client.workflow.getHandle(`${handle.workflowId}/rlm:1`).cancel();
    const result = await resultOf<RlmResult>(handle);
    const requests = h.provider.requests.slice(before);
    expect(result.value).toEqual([{ error: expect.stringMatching(/cancelled/), code: 'BRAID_CALL_CANCELLED' }, 'fine']);
    // 1 root, 2 + 2 of the cancelled child (one of them never answered), 1 fine, 2 more calls, 2 turns of the root.
    expect(requests).toHaveLength(10);
    expect(result.usage).toMatchObject({ calls: 6 });
    balanced(result, requests, 1);
  });
});

describe('limits only tighten downwards', () => {
  it("a child's budget bounds it and all below it, and cannot loosen what is above", async () => {
    const { result, requests } = await h.rlm('root', {
      rlm: { depth: 2 },
      limits: { maxCalls: 13 },
      provider: tree({
        root: [
          cell(`const small = await rlm_query('small', 'c', {budget: {calls: 3}})
            const few = await rlm_query('few turns', 'c', {budget: {iterations: 2}})
            const cheap = await rlm_query('cheap', 'c', {budget: {outputTokens: 35}})
            const loose = await rlm_query('loose', 'c', {budget: {calls: 1000, outputTokens: 1e9, iterations: 1000}})`),
          cell('FINAL({small, few, cheap, loose: typeof loose})'),
        ],
        // 3 calls, one of which is a child that asks for 100: it gets the 2 that are left.
        small: [cell("const below = await rlm_query('below', 'c', {budget: {calls: 100}})\nFINAL(below)")],
        below: [cell("const got = await llm_query_batched(['1', '2', '3', '4'])\nFINAL(got.map((x) => typeof x))")],
        few: (_request, turn) => (turn < 2 ? cell(`const part = ${turn}`) : 'the last word'),
        // 10 for its turn, then 10 + 10 for calls; the third gets 5, the fourth none.
        cheap: [
          cell("const said = []; for (let i = 0; i < 9; i++) said.push(await llm_query('cheap ' + i))"),
          'unreachable',
        ],
        loose: [
          cell(
            "const many = await llm_query_batched(Array.from({length: 30}, (_, i) => 'loose ' + i))\nFINAL(many.length)",
          ),
        ],
      }),
    });
    const asked = made(requests);
    expect(asked.filter((prompt) => /^[1-4]$/.test(prompt))).toEqual(['1', '2']);
    expect(asked.filter((prompt) => prompt.startsWith('cheap ')).length).toBe(3);
    const cheap = requests.filter(
      (request) => questionOf(request) === 'cheap' || promptOf(request).startsWith('cheap '),
    );
    expect(cheap.reduce((sum, request) => sum + outputOf(request), 0)).toBe(35);
    expect(requests.filter((request) => questionOf(request) === 'few turns')).toHaveLength(3);
    // small, below, 2 of its calls, few, cheap, 3 of its calls and the refused one, loose: 2 are left to the loose one.
    expect(asked.filter((prompt) => prompt.startsWith('loose '))).toHaveLength(2);
    expect(result.usage.calls).toBe(13);
    balanced(result, requests);
    expect(result.value).toMatchObject({
      small: ['string', 'string', 'object', 'object'],
      few: 'the last word',
      cheap: Array.from({ length: 3 }, () => expect.any(String)),
    });
  });
});
