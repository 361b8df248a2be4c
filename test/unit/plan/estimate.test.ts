import { describe, expect, it } from 'vitest';
import { estimateOf } from '../../../client/plan/estimate.ts';
import type { EstimateOptions } from '../../../client/plan/planned-call.ts';
import { renderPlan } from '../../../client/plan/render.ts';
import { BUILT_IN_AGENTS } from '../../../protocol/built-in-agents.ts';
import { LIMITS, PLAN } from '../../../protocol/limits.ts';
import type { RunLimits } from '../../../protocol/run-input.ts';
import { highestPrice } from '../../../store/list-prices.ts';

const LIMITED: RunLimits = {
  ...{ concurrency: 16, maxCalls: 1000, maxRequests: null, maxOutputTokens: null, maxUsd: null, maxTimeMs: null },
  ...{ maxDepth: 8, onLimit: 'stop' },
};
const around = (change: Partial<EstimateOptions> = {}): EstimateOptions => ({
  ...{ file: 's.js', args: undefined, limits: LIMITED, model: 'openai/gpt-5-mini', aliases: {}, workspace: true },
  agents: BUILT_IN_AGENTS,
  saved: () => null,
  ...change,
});
const META = `export const meta = { name: 'm', description: 'what it does' }\n`;

describe('calls', () => {
  it.each<[string, string, number, string[], Partial<EstimateOptions>?]>([
    ['are summed', `await agent('a')\nawait parallel([1, 2].map((x) => () => agent('x')))`, 3, []],
    [
      'are open where nobody knows',
      `for (const x of args.list) await agent(x)`,
      0,
      ['args.list'],
      { args: { list: {} } },
    ],
    ['of tools of the configuration are none', `await call('tool:lookup', 1)`, 0, []],
    [
      'of a saved workflow count, and so does it',
      `await workflow('inner')`,
      4,
      [],
      { saved: () => META + `for (let i = 0; i < 3; i++) await agent('x')` },
    ],
    [
      'of a workflow that hang on its args are open',
      `await workflow('inner', { list: [1, 2] })`,
      1,
      ['args.list'],
      { saved: () => META + `for (const x of args?.list ?? []) await agent('x')` },
    ],
    ['of a workflow that is not there are open', `await workflow('gone')`, 1, ['calls of workflow "gone"']],
    [
      'of workflows that call themselves end',
      `await workflow('self')`,
      4,
      ['calls of workflow "self"'],
      { saved: () => META + `await workflow('self')` },
    ],
    ['of a recursive model are open', `await rlm('q', 'c')`, 1, ['sub-calls of the recursive model of line 2']],
    [
      'of an agent that may ask others are open',
      `await agent('a', { tools: ['read', 'agent'] })`,
      1,
      ['sub-calls of the agent of line 2'],
    ],
    ['of an agent by its name are one', `await call('Explore', 'look')`, 1, []],
    ['… but for a budget', `await rlm('q', 'c', { budget: { calls: 9 } })`, 10, []],
  ])('%s', (_, source, known, open, change) => {
    const { calls } = estimateOf(META + source, around(change));
    expect(calls).toMatchObject({ known, open });
    expect(calls.atMost).toBe(open.length > 0 ? LIMITED.maxCalls : known);
  });

  it('above the limit are told of', () => {
    const { warnings, calls } = estimateOf(
      `${META}await parallel(Array.from({ length: 10000 }, () => () => agent('x')))`,
      around(),
    );
    expect(calls).toMatchObject({ known: 10_000, maxCalls: 1_000 });
    expect(warnings).toEqual(['It would make 10,000 calls; --max-calls is 1,000.']);
  });
});

describe('USD', () => {
  const price = highestPrice('openai/gpt-5-mini')!;
  const one = (LIMITS.maxOutputTokens * price.outputPerMTok + PLAN.inputTokens * price.inputPerMTok) / 1e6;

  it('is the highest of every request', () => {
    const { usd } = estimateOf(`${META}await agent('a', { tools: [] })\nawait agent('b')`, around());
    expect(usd.atMost).toBeCloseTo(one + LIMITS.agentSteps * one, 9);
    expect(usd).toMatchObject({ capped: false, unknown: [], inputTokens: PLAN.inputTokens });
  });

  it('is what --max-calls lets through of the dearest where nobody knows', () => {
    const { usd } = estimateOf(`${META}while (await agent('a', { tools: [] })) log('x')`, around());
    expect(usd.atMost).toBeCloseTo(1000 * one, 6);
  });

  it('counts what workflows and agents by name cost', () => {
    const saved = () => `${META}await agent('x', { tools: [] })\nawait agent('y', { tools: [] })`;
    expect(estimateOf(`${META}await workflow('inner')`, around({ saved })).usd.atMost).toBeCloseTo(2 * one, 9);
    const { usd } = estimateOf(`${META}await call('agent:Explore', 'look')`, around());
    expect(usd.atMost).toBeCloseTo(LIMITS.agentSteps * one, 9);
    const gone = estimateOf(`${META}await workflow('gone')`, around({ limits: { ...LIMITED, maxCalls: 10 } }));
    expect(gone.usd.atMost).toBeCloseTo(10 * LIMITS.agentSteps * one, 6);
  });

  it('is null without a price, and never above --max-usd', () => {
    const source = `${META}await agent('a', { model: 'openai/never-heard-of' })`;
    expect(estimateOf(source, around()).usd).toMatchObject({ atMost: null, unknown: ['openai/never-heard-of'] });
    expect(estimateOf(source, around({ limits: { ...LIMITED, maxUsd: 2 } })).usd).toMatchObject({
      atMost: 2,
      capped: true,
    });
    expect(estimateOf(`${META}await agent('a')`, around({ model: 'offline/echo' })).usd).toMatchObject({ atMost: 0 });
    expect(estimateOf(`${META}await agent('a')`, around({ model: null })).usd.unknown).toEqual(["the run's model"]);
  });
});

it('models and tools are those that the run would use', () => {
  const agents = {
    ...BUILT_IN_AGENTS,
    sceptic: { name: 'sceptic', description: '', prompt: '', model: 'fast', tools: ['read'], source: 'x' },
  };
  const source = `${META}await agent('a', { agentType: 'sceptic' })\nawait agent('b', { model: args.m })\nawait agent('c', { model: 'fast' })`;
  const { phases, models } = estimateOf(
    source,
    around({ agents, aliases: { fast: 'openai/gpt-5-nano' }, args: { m: { x: 1 } } }),
  );
  expect(phases[0]?.calls.map(({ model, tools }) => [model, tools?.length])).toEqual([
    ['openai/gpt-5-nano', 1],
    ['?', 7],
    ['openai/gpt-5-nano', 7],
  ]);
  expect(models).toEqual(['openai/gpt-5-nano', '?']);
});

it('is shown in phases, with what is not known, and without control characters', () => {
  const source = `${META}phase('Find')
const found = await agent('List\\u001b[2J', { label: 'list \\u001b[31m', schema: { type: 'object', properties: { files: { type: 'array', items: {} } } } })
await pipeline(found.files, (f) => agent('look', { label: 'look at ' + f, phase: 'Look', tools: [] }))`;
  const lines = renderPlan(estimateOf(source, around()), { script: false });
  expect(lines.join('\n')).not.toMatch(/\u001b/);
  expect(lines.slice(0, 9)).toEqual([
    'm: what it does',
    '',
    '  Find',
    '    1 × agent "list \\u001b[31m" (openai/gpt-5-mini; read tools; gives data; line 3)',
    '',
    '  Look',
    '    pipeline of ? items through 1 stage (line 4)',
    '      at most ? found.files × agent "look at …" (openai/gpt-5-mini; no tools; line 4)',
    '',
  ]);
  expect(lines[9]).toBe('Calls: 1 and what hangs on found.files: unbounded, limited by --max-calls 1,000');
});
