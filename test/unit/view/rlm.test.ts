import { describe, expect, test } from 'vitest';
import { withLive } from '../../../client/view/live.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import { resultOf } from '../../../client/view/result.ts';
import type { RunView } from '../../../protocol/view.ts';
import { apply, type History, T0 } from './histories.ts';
import { QUESTION, RlmHistory, rlmResult, sumOf, tag } from './rlm-histories.ts';

const view = (history: History): RunView => apply(new ViewBuilder('run-1'), 'run-1', history);

describe('an RLM from its start', () => {
  test('shows question, context, models and the loop’s limits', () => {
    const v = view(new RlmHistory().open());
    expect(v).toMatchObject({ kind: 'rlm', name: QUESTION, model: 'openai/root', status: 'running' });
    expect(v.nodes).toMatchObject([
      {
        ...{ address: 'root', kind: 'rlm', parent: null, depth: 0, state: 'running', label: QUESTION },
        ...{
          question: QUESTION,
          context: 'text, 1,200,000 characters in 30,000 lines',
          maxIterations: 20,
          iteration: 0,
        },
      },
    ]);
  });

  test('a turn is a request of the root, and no call', () => {
    const h = new RlmHistory().open().turn('I look.\n```js\ncontext.length\n```');
    const v = view(h);
    expect(v.calls).toEqual([]);
    expect(v.nodes[0]?.turns).toMatchObject([
      { iteration: 1, state: 'done', requests: 1, text: expect.stringContaining('look') },
    ]);
    expect(v.usage).toMatchObject({ calls: 0, requests: 1, inputTokens: 100 });
  });

  test('a turn that the provider told to wait is one turn (N2)', () => {
    const h = new RlmHistory().open();
    h.answer(h.turnAsked(), { kind: 'rateLimited', retryAfterMs: 5, message: 'slow', requests: 1 });
    expect(view(h).nodes[0]).toMatchObject({ iteration: 1, turns: [{ state: 'waiting' }] });
    h.task();
    h.turn('ok');
    expect(view(h).nodes[0]).toMatchObject({ iteration: 1, turns: [{ state: 'done', requests: 2 }] });
  });

  test('a failed turn costs what it cost', () => {
    const h = new RlmHistory().open();
    h.fail(h.turnAsked(), 'BRAID_PROVIDER_FAILED', 'HTTP 500');
    expect(view(h)).toMatchObject({
      usage: { requests: 3, inputTokens: 5 },
      nodes: [{ turns: [{ state: 'failed' }] }],
    });
  });

  test('other requests of the node, such as a shorter transcript, are its own and no turn', () => {
    const h = new RlmHistory().open().turn('x');
    h.answer(h.ask(tag('root/compact')));
    expect(view(h)).toMatchObject({ calls: [], usage: { calls: 0, requests: 2 }, nodes: [{ iteration: 1 }] });
  });
});

describe('cells', () => {
  test('run, wait for their calls, and end; output, gas and calls are theirs', () => {
    const h = new RlmHistory().open().turn('```js\n…\n```');
    h.cell('const a = await llm_query("q")', { state: 'waiting' });
    const call = h.ask(tag('llm:1'));
    expect(view(h).nodes[0]?.cells).toMatchObject([
      { cell: 1, iteration: 1, state: 'waiting', calls: ['llm:1'], endedAt: null },
    ]);
    h.answer(call);
    h.task();
    h.settle(1, {
      output: 'forty-two',
      outputChars: 9,
      variables: [{ name: 'a', type: 'string', size: 2, preview: 'ok' }],
    });
    const v = view(h);
    expect(v.nodes[0]?.cells).toMatchObject([
      {
        ...{
          state: 'done',
          code: 'const a = await llm_query("q")',
          output: 'forty-two',
          outputChars: 9,
          gas: 2_000,
          ms: 10,
        },
        ...{ variables: [{ name: 'a', preview: 'ok' }], usage: { calls: 1, requests: 1, inputTokens: 100 } },
      },
    ]);
    expect(v.calls).toMatchObject([{ address: 'llm:1', kind: 'llm', state: 'done' }]);
    expect(v.usage).toMatchObject(sumOf(v));
  });

  test('of later turns belong to them; an error ends a cell, not the node', () => {
    const h = new RlmHistory()
      .open()
      .turn('one')
      .cell('1')
      .cell('nope()', {
        error: {
          name: 'ReferenceError',
          message: 'nope is not defined',
          code: null,
          line: 1,
          column: 1,
          frame: '> nope()',
        },
      });
    h.turn('two').cell('FINAL("auth")', { final: { ok: true, value: 'auth' } });
    expect(view(h).nodes[0]?.cells.map(({ cell, iteration, state, final }) => [cell, iteration, state, final])).toEqual(
      [
        [1, 1, 'done', false],
        [2, 1, 'failed', false],
        [3, 2, 'done', true],
      ],
    );
  });

  test('a lost step changes nothing, and comes again under another id (N3)', () => {
    const h = new RlmHistory().open().turn('x');
    h.step('cell:1', { kind: 'lost', fault: null }, { turn: { kind: 'cell', cell: 1, code: 'work()' } });
    expect(view(h).nodes[0]?.cells).toMatchObject([{ state: 'running', gas: 0 }]);
    h.step('cell:1~2', { output: 'done' }, { turn: { kind: 'cell', cell: 1, code: 'work()' } });
    expect(view(h).nodes[0]?.cells).toMatchObject([{ state: 'done', output: 'done', gas: 1_000, code: 'work()' }]);
  });

  test('a step that never comes again leaves its reason', () => {
    const h = new RlmHistory().open().turn('x');
    const id = h.stepAsked('cell:1', { turn: { kind: 'cell', cell: 1, code: 'boom()' } });
    const failure = {
      kind: 'timeout',
      message: 'no heartbeat',
      code: null,
      details: null,
      timeout: 'heartbeat',
    } as const;
    h.add({ type: 'activityFailed', scheduledId: id, failure });
    h.add({ type: 'completed', result: rlmResult({ partial: 'a cell took its worker down twice' }) });
    const v = view(h);
    expect(v.nodes[0]).toMatchObject({ state: 'done', partial: expect.stringContaining('twice') });
    expect(v.nodes[0]?.cells).toMatchObject([
      { state: 'failed', error: { message: expect.stringContaining('no heartbeat') } },
    ]);
  });

  test('a tool of the user’s is listed with its cell and counts as no call', () => {
    const h = new RlmHistory().open().turn('x').cell('tools.find("a")', { state: 'waiting' });
    const id = h.add({ type: 'activityScheduled', activity: 'userTool', activityId: 'tool:1', tag: tag('tool:1') });
    h.begin(id);
    h.add({ type: 'activityCompleted', scheduledId: id, result: null });
    h.task();
    h.settle(1);
    const v = view(h);
    expect(v.calls).toMatchObject([{ kind: 'tool', state: 'done', settled: true }]);
    expect(v.nodes[0]?.cells[0]?.calls).toEqual(['tool:1']);
    expect(v).toMatchObject({ usage: { calls: 0 }, counts: { total: 0 } });
  });
});

describe('how an RLM ends', () => {
  test('its result object tells iterations and what is partial; a large value is named', () => {
    const h = new RlmHistory().open().turn('x');
    const text = { manifest: 'b'.repeat(64), part: 0, start: 0, end: 5_000_000 };
    const large = { text, length: 5_000_000, preview: 'It begins' };
    h.add({ type: 'completed', result: rlmResult({ value: null, large, partial: 'iterations', iterations: 1 }) });
    const v = view(h);
    expect(v).toMatchObject({ status: 'completed', value: null, large });
    expect(resultOf(v)).toMatchObject({ value: null, large, iterations: 1, partial: 'iterations' });
  });

  test('a reference that is none is not passed on', () => {
    const h = new RlmHistory().open();
    h.add({ type: 'completed', result: rlmResult({ large: { text: { manifest: '../etc' }, length: 1 } }) });
    expect(view(h).large).toBeNull();
  });
});

test('what describe tells of a turn in flight is laid over node and total', () => {
  const h = new RlmHistory().open().turn('x');
  h.turnAsked();
  const builder = new ViewBuilder('run-1');
  const v = apply(builder, 'run-1', h);
  expect(builder.addressOfPending('run-1', 'root#2')).toBe('root');
  const activity = {
    activityId: 'root#2',
    activity: 'model',
    state: 'running',
    attempt: 1,
    startedAt: T0,
    lastSign: T0,
  } as const;
  const pending = new Map([['root', { ...activity, outputTokens: 33, requests: 1, hint: null }]]);
  const live = withLive(v, { pending, connection: 'ok', worker: null, notices: [] });
  expect(live.usage).toMatchObject({ outputTokens: 53, requests: 2 });
  expect(live.nodes[0]?.usage).toMatchObject({ outputTokens: 53 });
});
