import { describe, expect, test } from 'vitest';
import { plainLine } from '../../../client/render/plain.ts';
import { EventFeed } from '../../../client/view/events.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { RunView } from '../../../protocol/view.ts';
import { apply, History, scriptResult, T0 } from './histories.ts';
import { RlmHistory, rlmInput, rlmResult, sumOf, tag, usageJson } from './rlm-histories.ts';

const view = (history: History): RunView => apply(new ViewBuilder('run-1'), 'run-1', history);

describe('recursion', () => {
  const parent = (address: string) => ({
    tag: tag(address),
    level: 1,
    capped: false,
    budget: { calls: null, outputTokens: null },
  });

  /** The root asks rlm:1, which asks an agent child, a leaf and rlm:1/rlm:1, which asks a leaf. */
  function tree() {
    const root = new RlmHistory().open().turn('r').cell('await rlm_query("a", context)', { state: 'waiting' });
    const one = root.child('rlm:1', rlmInput({ parent: parent('rlm:1') }));
    const mid = new RlmHistory('rlm:1', T0 + 60_000).open(rlmInput({ parent: parent('rlm:1') })).turn('m');
    mid.cell('…', { state: 'waiting' });
    const leaf = mid.ask(tag('rlm:1/llm:1'));
    const two = mid.child('rlm:1/rlm:1', rlmInput({ parent: parent('rlm:1/rlm:1') }));
    const low = new RlmHistory('rlm:1/rlm:1', T0 + 120_000).open().turn('l').cell('…', { state: 'waiting' });
    const lowLeaf = low.ask(tag('rlm:1/rlm:1/llm:1'));
    return { root, one, mid, leaf, two, low, lowLeaf };
  }

  /** Each history gives all it has, in the order of the list: children after what names them. */
  function read(builder: ViewBuilder, { root, mid, low }: ReturnType<typeof tree>): RunView {
    apply(builder, 'run-1', root);
    apply(builder, 'run-1/rlm:1', mid);
    return apply(builder, 'run-1/rlm:1/rlm:1', low);
  }

  test('children of children are nodes with cells of their own, and are to be followed', () => {
    const builder = new ViewBuilder('run-1');
    const v = read(builder, tree());
    expect(v.nodes.map(({ address, parent: above, depth, state }) => [address, above, depth, state])).toEqual([
      ['root', null, 0, 'running'],
      ['rlm:1', 'root', 1, 'running'],
      ['rlm:1/rlm:1', 'rlm:1', 2, 'running'],
    ]);
    expect(v.nodes[1]?.cells).toMatchObject([{ state: 'waiting', calls: ['rlm:1/llm:1', 'rlm:1/rlm:1'] }]);
    expect(v.calls.map(({ address, state }) => [address, state])).toEqual([
      ['rlm:1', 'running'],
      ['rlm:1/llm:1', 'queued'],
      ['rlm:1/rlm:1', 'running'],
      ['rlm:1/rlm:1/llm:1', 'queued'],
    ]);
    expect(builder.openChildren()).toEqual([
      { workflowId: 'run-1/rlm:1', running: true, program: true },
      { workflowId: 'run-1/rlm:1/rlm:1', running: true, program: true },
    ]);
  });

  test('the total is the root’s own requests and the sum of all calls; a node’s is what is below it (U1)', () => {
    const t = tree();
    t.low.answer(t.lowLeaf);
    t.mid.answer(t.leaf);
    const v = read(new ViewBuilder('run-1'), t);
    expect(v.usage).toMatchObject({ calls: 4, requests: 5, inputTokens: 500 });
    expect(v.usage).toMatchObject(sumOf(v));
    expect(v.nodes.map((node) => [node.usage.calls, node.usage.requests])).toEqual([
      [4, 5],
      [3, 4],
      [1, 2],
    ]);
    expect(v.nodes[0]?.cells[0]?.usage).toMatchObject({ calls: 4, requests: 4 });
    expect(v.nodes[1]?.cells[0]?.usage).toMatchObject({ calls: 3, requests: 3 });
  });

  function endedTree() {
    const t = tree();
    t.low.answer(t.lowLeaf);
    t.low.task();
    t.low.settle(1, { final: { ok: true, value: 1 } });
    t.low.add({
      type: 'completed',
      result: rlmResult({ usage: usageJson({ calls: 1, requests: 2, inputTokens: 200 }) }),
    });
    t.mid.answer(t.leaf);
    t.mid.add({
      type: 'childCompleted',
      initiatedId: t.two,
      result: rlmResult({
        usage: usageJson({ calls: 1, requests: 2, inputTokens: 200, outputTokens: 40, usd: 0.002 }),
      }),
    });
    t.mid.task();
    t.mid.settle(1);
    const midUsage = usageJson({ calls: 3, requests: 4, inputTokens: 400, outputTokens: 80, usd: 0.004 });
    t.mid.add({ type: 'completed', result: rlmResult({ usage: midUsage }) });
    t.root.add({ type: 'childCompleted', initiatedId: t.one, result: rlmResult({ usage: midUsage }) });
    t.root.task();
    t.root.settle(1);
    return t;
  }

  test('an ended child that was not read is worth what its result says; reading it changes no total (U2)', () => {
    const t = endedTree();
    const builder = new ViewBuilder('run-1');
    const totals = { calls: 4, requests: 5, inputTokens: 500, outputTokens: 100 };
    const unread = apply(builder, 'run-1', t.root);
    expect(unread.usage).toMatchObject(totals);
    expect(unread.usage.usd).toBeCloseTo(0.005);
    expect(unread.calls).toMatchObject([{ address: 'rlm:1', state: 'done', settled: true, requests: 4 }]);
    const half = apply(builder, 'run-1/rlm:1', t.mid);
    expect(half.usage).toMatchObject(totals);
    expect(half.calls.map((call) => [call.address, call.requests])).toEqual([
      ['rlm:1', 1],
      ['rlm:1/llm:1', 1],
      ['rlm:1/rlm:1', 2],
    ]);
    const whole = apply(builder, 'run-1/rlm:1/rlm:1', t.low);
    expect(whole.usage).toMatchObject(totals);
    expect(whole.usage).toMatchObject(sumOf(whole));
    expect(whole.calls.every((call) => call.settled)).toBe(true);
    expect(builder.openChildren()).toEqual([]);
  });

  test('the end of the run is told last, after children that were read later (R2)', () => {
    const t = endedTree();
    t.root.add({ type: 'completed', result: rlmResult({ usage: usageJson({ calls: 4, requests: 5 }) }) });
    const builder = new ViewBuilder('run-1');
    const feed = new EventFeed();
    const first = feed.next(apply(builder, 'run-1', t.root));
    expect(first.map((event) => event.type)).not.toContain('run.ended');
    expect(builder.ended).toBe(true);
    apply(builder, 'run-1/rlm:1', t.mid);
    const last = feed.next(apply(builder, 'run-1/rlm:1/rlm:1', t.low)).map((event) => event.type);
    expect(last.at(-1)).toBe('run.ended');
    expect(last.filter((type) => type === 'run.ended')).toHaveLength(1);
  });

  test('cells are told where they begin and end', () => {
    const h = new RlmHistory().open().turn('x').cell('ask()', { state: 'waiting' });
    h.answer(h.ask(tag('llm:1')));
    h.task();
    h.settle(1, { outputChars: 3, final: { ok: true, value: 1 } });
    const told = new EventFeed().next(view(h)).filter((event) => event.type.startsWith('c'));
    expect(told).toMatchObject([
      { type: 'cell.started', node: 'root', cell: 1, iteration: 1, code: 'ask()' },
      { type: 'call.started', address: 'llm:1' },
      { type: 'call.ended', address: 'llm:1' },
      { type: 'cell.ended', node: 'root', cell: 1, state: 'done', outputChars: 3, final: true, calls: 1, error: null },
    ]);
    expect(told.filter(({ type }) => type.startsWith('cell')).map((event) => plainLine(event).slice(10))).toEqual([
      'start  turn 1, cell 1: ask()',
      expect.stringMatching(/^done {3}turn 1, cell 1 \(\d+s, 1 call, 3 characters, final answer\)$/),
    ]);
  });

  test('a child whose history cannot be read does not keep the run from ending', () => {
    const t = endedTree();
    t.root.add({ type: 'completed', result: rlmResult() });
    const builder = new ViewBuilder('run-1');
    apply(builder, 'run-1', t.root);
    builder.finish();
    builder.finish();
    expect(builder.view().story.filter((entry) => entry.type === 'run.ended')).toHaveLength(1);
    expect(builder.view().calls.every((call) => call.settled)).toBe(true);
  });

  test('a child that failed tells why, costs what its result says, and its open calls are given up', () => {
    const t = tree();
    const error = { code: 'BRAID_PROVIDER_REFUSED', message: 'the same error three times' };
    const details = rlmResult({
      status: 'failed',
      error,
      usage: usageJson({ calls: 2, requests: 9, inputTokens: 900 }),
    });
    const failure = { kind: 'application', code: error.code, message: error.message, details, timeout: null } as const;
    t.root.add({ type: 'childFailed', initiatedId: t.one, failure });
    const builder = new ViewBuilder('run-1');
    const unread = apply(builder, 'run-1', t.root);
    expect(unread.calls).toMatchObject([{ state: 'failed', error: { reason: 'error', ...error }, requests: 9 }]);
    expect(unread.usage).toMatchObject({ calls: 3, failed: 1, requests: 10 });
    t.mid.add({ type: 'failed', failure });
    const readThrough = apply(builder, 'run-1/rlm:1', t.mid);
    expect(readThrough.calls.find((call) => call.address === 'rlm:1/llm:1')).toMatchObject({
      state: 'cancelled',
      settled: true,
    });
  });

  test('at the depth limit rlm_query is a leaf of its own kind', () => {
    const h = new RlmHistory().open().turn('x').cell('…', { state: 'waiting' });
    h.answer(h.ask(tag('rlm:1')));
    expect(view(h)).toMatchObject({
      calls: [{ address: 'rlm:1', kind: 'rlm', child: null, state: 'done' }],
      nodes: [{}],
    });
  });

  test('notes of a child are told in the run’s story', () => {
    const t = endedTree();
    t.mid.events.pop();
    t.mid.add({ type: 'completed', result: rlmResult({ notes: [{ kind: 'warning', text: 'from below', at: T0 }] }) });
    const v = read(new ViewBuilder('run-1'), t);
    expect(v.notes.map((note) => note.text)).toEqual(['from below']);
  });
});

describe('both ways', () => {
  test('a script that an RLM calls is a node, and its agents are calls below it', () => {
    const root = new RlmHistory().open().turn('x').cell('await workflow("audit")', { state: 'waiting' });
    const parent = { tag: tag('workflow:1', { label: 'audit' }), level: 1 };
    const child = root.child('workflow:1', { parent, name: 'audit' }, 'script');
    const script = new History(T0 + 50_000).start();
    script.answer(script.ask(tag('workflow:1/agent:1')));
    script.add({ type: 'completed', result: scriptResult() });
    root.add({ type: 'childCompleted', initiatedId: child, result: { result: scriptResult(), unreported: null } });
    const builder = new ViewBuilder('run-1');
    apply(builder, 'run-1', root);
    const v = apply(builder, 'run-1/workflow:1', script);
    expect(v.nodes).toMatchObject([
      { kind: 'rlm' },
      { kind: 'script', address: 'workflow:1', label: 'audit', parent: 'root', state: 'done' },
    ]);
    expect(v.calls).toMatchObject([
      { address: 'workflow:1', kind: 'workflow', state: 'done', requests: 0 },
      { address: 'workflow:1/agent:1', kind: 'agent', state: 'done', requests: 1 },
    ]);
    expect(v.usage).toMatchObject({ calls: 2, requests: 2 });
  });

  test('an RLM below a script bears its own turns', () => {
    const root = new History().start();
    const id = root.add({
      type: 'childInitiated',
      workflowId: 'run-1/rlm:1',
      workflowType: 'rlm',
      input: rlmInput({ parent: { tag: tag('rlm:1') } }),
    });
    root.add({ type: 'childStarted', initiatedId: id });
    const builder = new ViewBuilder('run-1');
    apply(builder, 'run-1', root);
    const v = apply(builder, 'run-1/rlm:1', new RlmHistory('rlm:1', T0 + 9_000).open().turn('hm'));
    expect(v).toMatchObject({ kind: 'script', usage: { calls: 1, requests: 1 } });
    expect(v.calls).toMatchObject([{ address: 'rlm:1', kind: 'rlm', requests: 1, turns: 1 }]);
    expect(v.nodes).toMatchObject([
      { kind: 'script' },
      { kind: 'rlm', iteration: 1, usage: { calls: 0, requests: 1 } },
    ]);
  });

  test('a child without a tag in its input is known by its workflow id', () => {
    const h = new RlmHistory().open();
    h.child('rlm:7', null);
    expect(view(h).calls).toMatchObject([{ address: 'rlm:7', kind: 'rlm' }]);
  });
});
