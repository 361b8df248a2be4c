import { describe, expect, it } from 'vitest';
import { compare, type Compared } from '../../../client/compare/compare.ts';
import { determinismOf } from '../../../client/compare/determinism.ts';
import { comparedRun, treeOf } from '../../../client/compare/facts.ts';
import type { RunView } from '../../../protocol/view.ts';
import { call, cell, RLM_SAID, rlmView, said, TEXT, told, WORKFLOW_SAID, workflowView } from './kit.ts';

const three = (of: (n: number) => ReturnType<typeof told>) => [1, 2, 3].map(of);
const workflow = (n: number, extra: Partial<RunView> = {}) => told(workflowView(n, extra), WORKFLOW_SAID, n);
const rlm = (n: number, extra: Partial<RunView> = {}) => told(rlmView(n, extra), RLM_SAID, n);

describe('comparedRun', () => {
  it('takes numbers, status and times from the view as they are', () => {
    const view = rlmView(2);
    const facts = comparedRun(view, RLM_SAID, { text: TEXT, repetition: 2 });
    expect(facts.usage).toBe(view.usage);
    expect(facts).toMatchObject({ run: 'c-rlm-2', repetition: 2, status: 'completed', answer: 2, ms: 2_500 });
  });

  it('tells the tree in the order of asking in each node, whoever was read first', () => {
    const calls = [
      call('rlm:1/llm:1', 'a', 20, 30, { kind: 'llm' }),
      call('rlm:1', 'one', 0, 40, { kind: 'rlm' }),
      call('rlm:2/llm:1', 'b', 10, 30, { kind: 'llm' }),
      call('rlm:2', 'two', 0, 40, { kind: 'rlm' }),
    ];
    const [root] = rlmView(1).nodes;
    const node = (address: string) => ({ ...root!, address, parent: 'root', depth: 1, turns: [], cells: [] });
    const tree = treeOf({ nodes: [root!, node('rlm:2'), node('rlm:1')], calls });
    expect(tree.map(({ address, parent, depth }) => [address, parent, depth])).toEqual([
      ['root', null, 0],
      ['rlm:1', 'root', 1],
      ['rlm:1/llm:1', 'rlm:1', 2],
      ['rlm:2', 'root', 1],
      ['rlm:2/llm:1', 'rlm:2', 2],
    ]);
  });

  it('tells when turns, cells and calls were at work, since the run began', () => {
    const { timeline, answered } = rlm(1).facts;
    expect(timeline.map(({ label, from, to }) => [label, from, to])).toEqual([
      ['turn 1', 50, 500],
      ['cell 1', 500, 1_400],
      ['how many?', 600, 1_300],
      ['turn 2', 1_500, 2_000],
      ['cell 2', 2_000, 2_100],
    ]);
    expect(answered).toEqual(['llm:1']);
    expect(workflow(1).facts.answered).toEqual(['agent:2', 'agent:1', 'agent:3']);
  });
});

describe('determinismOf', () => {
  it('is the same in everything for the same runs', () => {
    const same = {
      ...{ plan: true, tree: true, calls: true, order: true, prompts: true, answers: true, result: true },
      arrival: true,
    };
    expect(determinismOf(three(workflow))).toEqual({ compared: 3, same, first: null });
    expect(determinismOf(three(rlm))).toEqual({ compared: 3, same, first: null });
  });

  it('says nothing of a single run', () => {
    const { compared, same, first } = determinismOf([workflow(1)]);
    expect([compared, first, new Set(Object.values(same))]).toEqual([1, null, new Set([null])]);
    expect(determinismOf([])).toMatchObject({ compared: 0, first: null });
  });

  it('D1: leaves out runs that failed or were cancelled', () => {
    const runs = [workflow(1, { status: 'failed', value: null }), workflow(2), workflow(3, { status: 'cancelled' })];
    expect(determinismOf(runs)).toMatchObject({ compared: 1, same: { result: null } });
    expect(determinismOf([...runs, workflow(4)])).toMatchObject({ compared: 2, same: { result: true } });
  });

  it('D3: names the answer that began it, not the prompt that followed from it', () => {
    const other = [
      RLM_SAID[0]!,
      said('llm:1', RLM_SAID[1]!.prompt[0]!, '7'),
      said('root', `${RLM_SAID[2]!.prompt[0]!.slice(0, -1)}7`, 'cell', 2),
    ];
    const { same, first } = determinismOf([rlm(1), rlm(2), told(rlmView(3), other, 3)]);
    expect(same).toMatchObject({ plan: true, tree: true, order: true, prompts: false, answers: false, result: true });
    expect(first).toEqual({
      ...{ run: 'c-rlm-3', from: 'c-rlm-1', what: 'answers', address: 'llm:1', n: 1, here: '7', there: '1' },
    });
  });

  it('shows long texts around the first character that differs', () => {
    const long = (end: string) => [said('agent:1', `${'x'.repeat(500)}${end}${'y'.repeat(500)}`, 'a')];
    const { first } = determinismOf([told(workflowView(1), long('A')), told(workflowView(2), long('B'), 2)]);
    expect(first?.there).toBe(`…${'x'.repeat(20)}A${'y'.repeat(39)}…`);
    expect(first?.here).toBe(`…${'x'.repeat(20)}B${'y'.repeat(39)}…`);
  });

  it('tells of requests that only one of them made', () => {
    const fewer = told(rlmView(2), RLM_SAID.slice(0, 2), 2);
    const at = { address: 'root', n: 2, what: 'tree' };
    expect(determinismOf([rlm(1), fewer]).first).toMatchObject({
      ...at,
      here: null,
      there: expect.stringMatching(/^Question/),
    });
    expect(determinismOf([fewer, rlm(1)]).first).toMatchObject({
      ...at,
      there: null,
      here: expect.stringMatching(/^Question/),
    });
  });

  it('an RLM that writes other code has another plan; other answers in time are no other order of asking', () => {
    const [root] = rlmView(1).nodes;
    const rewritten = rlm(2, { nodes: [{ ...root!, cells: [cell(1, 'FINAL(2)', 500, 600)] }] });
    const { same, first } = determinismOf([rlm(1), rewritten]);
    expect(same).toMatchObject({ plan: false, prompts: true });
    expect(first).toMatchObject({ what: 'plan', address: null, here: null, there: null });
    const late = workflow(2, {
      calls: workflowView(2).calls.map((one) =>
        one.address === 'agent:2' ? { ...one, endedAt: one.endedAt! + 500 } : one,
      ),
    });
    const timing = determinismOf([workflow(1), late]);
    expect(timing.same).toMatchObject({ order: true, arrival: false });
    expect(timing.first).toBeNull();
  });
});

describe('compare', () => {
  const context = { names: ['a.txt'], parts: 1, chars: TEXT.length, lines: 2 };
  const what: Compared = {
    ...{ id: 'c', task: 'how many animals', context, pieces: 2, repetitions: 1 },
    models: { main: 'offline/rlm', sub: 'openai/x' },
  };

  it('names offline models, and takes a text of JSON for what it says', () => {
    const found = compare(what, { workflow: [workflow(1)], rlm: [rlm(1)] });
    expect(found).toMatchObject({ v: 1, offline: ['offline/rlm'], sameAnswer: true });
    const other = compare(what, { workflow: [workflow(1, { value: 'two' })], rlm: [rlm(1)] });
    expect(other.sameAnswer).toBe(false);
    const none = compare(what, { workflow: [workflow(1, { value: null, status: 'failed' })], rlm: [rlm(1)] });
    expect(none.sameAnswer).toBeNull();
  });
});
