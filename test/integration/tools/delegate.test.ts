/** Agents that ask others (workflows/delegate/): one tree, one ledger, limits that hold below, and a cycle that ends. */
import { describe, expect, it } from 'vitest';
import { RunHandle } from '../../../client/run-handle.ts';
import { readRun } from '../../../client/view/read.ts';
import type { Json } from '../../../protocol/json.ts';
import type { AgentDefinition } from '../../../protocol/run-input.ts';
import { promptOf, type ProviderScript } from '../../../testing/provider/index.ts';
import { resultOf, useHarness } from '../../kit/harness.ts';
import { cell, playing } from '../../kit/play.ts';
import { tempFolder } from '../../unit/workspace/kit.ts';
import { calls, outputsOf, turnOf } from './kit.ts';

type Cost = { inputTokens: number; outputTokens: number };

const h = useHarness();

function definition(name: string, tools: string[] | null, prompt = `You are ${name}.`): AgentDefinition {
  return { name, description: `the ${name}`, prompt, model: null, tools, source: 'test' };
}

const agents = { lead: definition('lead', ['agent', 'workflow', 'rlm']), helper: definition('helper', []) };
const LEAD = 'return await agent("Lead it.", {agentType: "lead"})';

/** Turns of the lead, in order, each of what it was answered before; every other agent says what it was asked. */
function leading(...turns: ((answers: string[]) => ReturnType<typeof calls> | string)[]): ProviderScript {
  return (request) => {
    if (promptOf(request) !== 'Lead it.') return `answer to ${promptOf(request)}`;
    return turns[turnOf(request)]?.(outputsOf(request)) ?? outputsOf(request).join(' | ');
  };
}

describe('an agent that asks others', () => {
  it('asks two agents at once, then a workflow: one tree, and every call and request counted once', async () => {
    const seen: string[][] = [];
    const provider = leading(
      () => calls(['agent', { prompt: 'one' }], ['agent', { prompt: 'two', label: 'Two', agentType: 'HELPER' }]),
      (answers) => (seen.push(answers), calls(['workflow', { name: 'pair', args: { a: 1 } }])),
      (answers) => (seen.push(answers), 'done'),
    );
    const workspace = tempFolder({ '.braid/workflows/pair.js': 'return [await agent("x", {tools: []}), args.a]' });
    const { result, requests, handle } = await h.run(LEAD, { provider, workspace, agents });
    expect(result).toMatchObject({ status: 'completed', value: 'done' });
    expect(seen).toEqual([['answer to one', 'answer to two'], ['["answer to x",1]']]);
    // The lead, its two agents, the workflow and that one's agent; three turns of the lead and three answers.
    expect(result.usage).toMatchObject({ calls: 5, requests: 6, failed: 0, refused: 0 });
    expect(requests).toHaveLength(6);
    const view = await readRun(h.client, handle.workflowId);
    expect(view.calls.map(({ address, label }) => [address, label])).toEqual([
      ['agent:1', 'Lead it.'],
      ['agent:1/agent:1', 'one'],
      ['agent:1/agent:2', 'Two'],
      ['agent:1/workflow:1', 'pair'],
      ['agent:1/workflow:1/agent:1', 'x'],
    ]);
    expect(view.nodes.find(({ address }) => address === 'agent:1')).toMatchObject({ kind: 'delegate', depth: 1 });
    expect(view.usage).toMatchObject({ calls: 5, requests: 6 });
  });

  it('is bounded by the caps of the run: what is refused it can read, and the provider sees no call more', async () => {
    const four = ['a', 'b', 'c', 'd'].map((prompt): [string, Json] => ['agent', { prompt }]);
    const provider = leading(
      () => calls(...four),
      (answers) => answers.map((answer) => /BRAID_[A-Z_]+/.exec(answer)?.[0] ?? answer).join(' '),
    );
    const { result, requests } = await h.run(LEAD, { provider, agents, limits: { maxCalls: 3 } });
    expect(result.value).toBe('answer to a answer to b BRAID_BUDGET_EXHAUSTED BRAID_BUDGET_EXHAUSTED');
    expect(result).toMatchObject({ status: 'stopped', usage: { calls: 3, requests: 4, refused: 2 } });
    expect(requests).toHaveLength(4);
  });

  it('shares one budget of requests with all that it asks, and a cancelled run ends with it', async () => {
    const provider = leading(() => calls(['agent', { prompt: 'one' }], ['agent', { prompt: 'two' }]));
    const { result, requests } = await h.run(LEAD, { provider, agents, limits: { maxRequests: 3 } });
    expect(result).toMatchObject({
      status: 'stopped',
      error: { code: 'BRAID_BUDGET_EXHAUSTED' },
      usage: { requests: 3 },
    });
    expect(requests).toHaveLength(3);
    const hanging: ProviderScript = (request, n) =>
      promptOf(request) === 'two' ? { hang: 'headers' } : provider(request, n);
    const handle = await h.start(LEAD, { provider: hanging, agents });
    const run = new RunHandle(h.client, handle.workflowId);
    await expect.poll(async () => (await run.view()).usage.requests).toBe(2);
    await run.cancel();
    await expect.poll(async () => (await run.view()).status).toBe('cancelled');
    expect((await run.view()).calls.map(({ address, state }) => [address, state])).toEqual([
      ['agent:1', 'cancelled'],
      ['agent:1/agent:1', 'done'],
      ['agent:1/agent:2', 'cancelled'],
    ]);
  });

  it('ends a cycle at the depth limit, and reads why; names that are none are refused as well', async () => {
    let deepest: string[] = [];
    const provider: ProviderScript = (request) => {
      if (turnOf(request) === 0) {
        return calls(['agent', { prompt: 'again', agentType: 'lead' }], ['agent', { prompt: 'x', agentType: 'heper' }]);
      }
      if (deepest.length === 0) deepest = outputsOf(request);
      return 'enough';
    };
    const { result, requests } = await h.run(LEAD, { provider, agents, limits: { maxDepth: 2 } });
    expect(deepest[0]).toMatch(/BRAID_DEPTH: lead would stand deeper than --max-depth 2/);
    expect(deepest[1]).toMatch(/BRAID_AGENT_UNKNOWN: There is no agent .{0,2}heper.{0,2}\. Did you mean helper\?/);
    expect(result).toMatchObject({ status: 'completed', value: 'enough', usage: { calls: 2, requests: 4, failed: 0 } });
    expect(requests).toHaveLength(4);
  });

  it('is told what it can ask and what that has cost, and asks nothing that the policy denies', async () => {
    const told: Json[] = [];
    const provider = leading(
      () => calls(['agent', { prompt: 'one', agentType: 'helper' }], ['rlm', { question: 'q' }]),
      (answers) => (told.push(answers[1] ?? ''), calls(['describe', {}], ['describe', { name: 'helper' }])),
      (answers) => (told.push(...answers.map((answer) => JSON.parse(answer) as Json)), 'done'),
    );
    const rules = [{ tool: 'rlm', agent: 'le*', depth: 1, then: 'deny' as const }];
    const effects = { rules, shell: { network: false, readOnly: [], seconds: 1 } };
    const workspace = tempFolder({
      '.braid/workflows/pair.js': 'export const meta = {name: "pair", description: "Two."}',
    });
    const { result } = await h.run(LEAD, { provider, agents, effects, workspace });
    expect(result).toMatchObject({ status: 'completed', value: 'done', usage: { calls: 2, requests: 4 } });
    const [denied, all, one] = told;
    expect(denied).toMatch(/BRAID_POLICY_DENIED: rlm is not allowed here: rule 1/);
    expect(all).toContainEqual({ name: 'pair', kind: 'workflow', description: 'Two.' });
    expect(all).toContainEqual({ name: 'helper', kind: 'agent', description: 'the helper' });
    expect(one).toMatchObject({
      prompt: { head: 'You are helper.', chars: 15 },
      tools: [],
      cost: { calls: 1, failed: 0 },
    });
    expect((one as { cost: { outputTokens: number } }).cost.outputTokens).toBeGreaterThan(0);
  });

  it('sees what those change that it asks, and a resumed run serves what was paid for', async () => {
    const coder = definition('coder', ['read', 'write']);
    const lead = definition('lead', ['read', 'agent']);
    let broken = true;
    const provider: ProviderScript = (request) => {
      const prompt = promptOf(request);
      if (prompt.startsWith('write')) {
        if (turnOf(request) === 1) return 'written';
        return calls(['write', { path: `${prompt.slice(6)}.txt`, content: `${prompt}\n` }]);
      }
      if (prompt === 'last') return broken ? { status: 400 } : 'whole';
      const turns = [
        () =>
          calls(
            ['agent', { prompt: 'write a', agentType: 'coder' }],
            ['agent', { prompt: 'write b', agentType: 'coder' }],
          ),
        () => calls(['read', { path: 'a.txt' }], ['read', { path: 'b.txt' }]),
        () => calls(['agent', { prompt: 'last', agentType: 'helper' }]),
      ];
      return turns[turnOf(request)]?.() ?? outputsOf(request).join();
    };
    const options = { provider, workspace: tempFolder({ 'c.txt': 'c\n' }), agents: { ...agents, coder, lead } };
    const first = await h.run(LEAD, options);
    expect(first.result).toMatchObject({
      status: 'completed_with_failures',
      value: expect.stringMatching(/BRAID_/) as string,
    });
    expect(first.result.patch?.files.map((file) => file.path)).toEqual(['a.txt', 'b.txt']);
    expect(first.requests.map(outputsOf)).toContainEqual(['1\twrite a', '1\twrite b']);
    broken = false;
    const again = await h.run(LEAD, { ...options, resumeFrom: first.handle.workflowId });
    expect(again.result).toMatchObject({ status: 'completed', value: 'whole', usage: { requests: 2, replayed: 2 } });
    expect(again.result.patch?.files.map((file) => file.path)).toEqual(['a.txt', 'b.txt']);
    const whole = await h.run(LEAD, { ...options, resumeFrom: again.handle.workflowId });
    expect(whole.result).toMatchObject({ status: 'completed', value: 'whole', usage: { requests: 0, replayed: 1 } });
    expect(whole.result.patch?.files.map((file) => file.path)).toEqual(['a.txt', 'b.txt']);
  });

  it('waits for a person where the policy says so, and a call of it can be skipped', async () => {
    const provider = leading(
      () => calls(['agent', { prompt: 'one' }], ['agent', { prompt: 'hang' }]),
      (answers) => answers.map((answer) => /BRAID_[A-Z_]+/.exec(answer)?.[0] ?? answer).join(' '),
    );
    const rules = [{ tool: 'agent', input: { prompt: 'one' }, then: 'ask' as const }];
    const effects = { rules, shell: { network: false, readOnly: [], seconds: 1 } };
    const hanging: ProviderScript = (request, n) =>
      promptOf(request) === 'hang' ? { hang: 'headers' } : provider(request, n);
    const handle = await h.start(LEAD, { provider: hanging, agents, effects });
    const run = new RunHandle(h.client, handle.workflowId);
    await expect
      .poll(async () => (await run.view()).gates.map(({ gate, state }) => [gate, state]))
      .toEqual([['agent:1/ask:1', 'open']]);
    const [gate] = (await run.view()).gates;
    expect(gate?.details).toContain('"prompt": "one"');
    await run.answer(gate ?? null, 'no: not now');
    await expect.poll(() => run.skip('hang').catch(() => null)).toBe('agent:1/agent:1');
    const result = await resultOf(handle);
    expect(result).toMatchObject({ value: 'BRAID_POLICY_DENIED BRAID_CALL_SKIPPED', usage: { calls: 2, failed: 1 } });
  });

  it('hands over what it changed itself: its patch holds all, also of those that it asked', async () => {
    const coder = definition('coder', ['read', 'write']);
    const lead = definition('lead', ['read', 'write', 'agent']);
    const provider: ProviderScript = (request) => {
      const outputs = outputsOf(request);
      const turns =
        promptOf(request) === 'Lead it.'
          ? [
              () => calls(['write', { path: 'a.txt', content: 'by lead\n' }]),
              () => calls(['agent', { prompt: 'go on', agentType: 'coder' }], ['read', { path: 'b.txt' }]),
            ]
          : [
              () => calls(['read', { path: 'a.txt' }]),
              () => calls(['write', { path: 'b.txt', content: `saw ${outputs.join()}\n` }]),
            ];
      return turns[turnOf(request)]?.() ?? outputs.join(' | ');
    };
    const workspace = tempFolder({ 'c.txt': 'c\n' });
    const source = `const r = await agent('Lead it.', {agentType: 'lead'})
return [String(r), r.patch.files.map(({ path }) => path)]`;
    const { result, handle } = await h.run(source, { provider, workspace, agents: { coder, lead } });
    expect(result).toMatchObject({ status: 'completed', usage: { calls: 2, requests: 6 } });
    const [of] = (await readRun(h.client, handle.workflowId)).calls;
    expect(of?.patch?.files.map(({ path }) => path)).toEqual(['a.txt', 'b.txt']);
    const [told, changed] = result.value as [string, string[]];
    expect(told).toMatch(/^[^]*Files changed: [^]*b\.txt \(added\)\. \| 1\tsaw 1\tby lead/);
    expect(changed).toEqual(['a.txt', 'b.txt']);
    expect(result.patch?.files.map(({ path }) => path)).toEqual(['a.txt', 'b.txt']);
  });

  it('is cut off by its timeout with all that it asked, and what was sent is counted', async () => {
    const provider: ProviderScript = (request) =>
      promptOf(request) === 'Lead it.' ? calls(['agent', { prompt: 'hang' }]) : { hang: 'headers' };
    const source = 'return await agent("Lead it.", {agentType: "lead", timeout: 1500})';
    const { result } = await h.run(source, { provider, agents });
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: null,
      usage: { calls: 2, requests: 2, failed: 2 },
    });
    expect(result.outcomes.map(({ address, code }) => [address, code])).toEqual([
      ['agent:1/agent:1', 'BRAID_CALL_CANCELLED'],
      ['agent:1', 'BRAID_CALL_TIMEOUT'],
    ]);
  });
});

it('agents() and describe() tell scripts and cells what can be called, and what it has cost so far', async () => {
  const workspace = tempFolder({
    '.braid/workflows/pair.js': `export const meta = {name: 'pair', description: 'Two.', args: {type: 'array'}}
return agent('x', {tools: []})`,
  });
  const source = `await call('agent:helper', 'one'); await workflow('pair')
const known = await agents()
const [helper, pair] = [await describe('HELPER'), await describe('pair')]
const wrong = await describe('pare').catch((error) => error.code)
return [known.filter(({ kind }) => kind === 'workflow'), helper.cost, pair, wrong]`;
  const { result } = await h.run(source, { agents, workspace });
  expect(result.value).toEqual([
    [{ name: 'pair', kind: 'workflow', description: 'Two.' }],
    expect.objectContaining({ calls: 1, failed: 0 }),
    expect.objectContaining({ args: { type: 'array' }, cost: expect.objectContaining({ calls: 1 }) as object }),
    'BRAID_CALL_NAME',
  ]);
  const [, helper, pair] = result.value as [Json, Cost, { cost: Cost }];
  expect(helper.inputTokens + pair.cost.inputTokens).toBe(result.usage.inputTokens);
  expect(helper.outputTokens + pair.cost.outputTokens).toBe(result.usage.outputTokens);
  const cells = ["await call('agent:helper', 'one')", "FINAL((await describe('helper')).cost.calls)"];
  const ran = await h.rlm('q', { provider: playing(...cells.map(cell), () => 'ok'), agents });
  expect(ran.result.value).toBe(1);
});
