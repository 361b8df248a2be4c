import { describe, expect, test } from 'vitest';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { Json, JsonObject } from '../../../protocol/json.ts';
import { apply, gateNote, History, message, replayedNote, scriptResult, SCRIPT_INPUT, T0, tagOf } from './histories.ts';

const SPEND = { inputTokens: 100, outputTokens: 20, usd: 0.001 };
const TREE: JsonObject = {
  ...{ calls: 3, requests: 2, refused: 0, spend: { inputTokens: 1_100, outputTokens: 520, usd: 0.003 } },
  ...{ replayed: { inputTokens: 1_000, outputTokens: 500, usd: 0.002 }, replayedCalls: 1, failed: 1 },
  outcomes: [
    { address: 'agent:2', label: 'call 2', phase: null, reason: 'error', code: 'BRAID_PROVIDER_FAILED', message: 'x' },
  ],
  ...{ limits: { maxCalls: 7_000 }, paused: false },
};
const SECOND: Json = { ...SCRIPT_INPUT, name: 'of the second', handover: { part: 1, tree: TREE } };

/** One served, one that failed, one that answered; then it goes on in another execution. */
function first(): History {
  const h = new History().start().say(replayedNote(9), gateNote());
  h.answer(h.ask(tagOf(1)));
  h.fail(h.ask(tagOf(2)), 'BRAID_PROVIDER_FAILED', 'HTTP 500');
  h.task();
  h.add({ type: 'continuedAsNew', runId: 'second' });
  return h;
}

function second(): History {
  const h = new History(T0 + 100_000).start(SECOND, 'second');
  h.answer(h.ask(tagOf(3)));
  h.task();
  return h;
}

describe('a run that continues as new', () => {
  test('is one run: its facts, calls, totals, gates and story go on', () => {
    const builder = new ViewBuilder('run-1');
    apply(builder, 'run-1', first());
    const v = apply(builder, 'run-1', second());
    expect(v).toMatchObject({ name: 'review', startedAt: T0, status: 'running', endedAt: null });
    expect(v.calls.map(({ address, state, settled }) => [address, state, settled])).toEqual([
      ['agent:9', 'replayed', true],
      ['agent:1', 'done', true],
      ['agent:2', 'failed', true],
      ['agent:3', 'done', true],
    ]);
    // What the hand-over says is in the histories that are there, and not counted twice.
    expect(v.usage).toMatchObject({ calls: 4, requests: 5, replayed: 1, failed: 1, inputTokens: 205 });
    expect(v.limits?.maxCalls).toBe(1000);
    expect(v.gates).toMatchObject([{ state: 'open' }]);
    expect(v.story.filter(({ type }) => type === 'run.started')).toHaveLength(1);
    expect(v.historyEvents).toBe(first().events.length + second().events.length);
    expect(v.notices).toEqual([]);
  });

  test('re-reading the chain from its start changes nothing (R1)', () => {
    const builder = new ViewBuilder('run-1');
    apply(builder, 'run-1', first());
    const before = apply(builder, 'run-1', second());
    apply(builder, 'run-1', first());
    expect(apply(builder, 'run-1', second())).toBe(before);
    // And a reader that was interrupted in the first part goes on with what is new in the second.
    const more = second();
    more.answer(more.ask(tagOf(4)));
    apply(builder, 'run-1', first());
    const v = apply(builder, 'run-1', more);
    expect(v.calls).toHaveLength(5);
    expect(v.usage).toMatchObject({ calls: 5, inputTokens: 305 });
  });

  test('ids that begin again do not mix up activities and timers of two parts', () => {
    const builder = new ViewBuilder('run-1');
    const h = new History().start();
    h.add({ type: 'timerStarted', ms: 60_000 });
    h.task();
    h.add({ type: 'continuedAsNew', runId: 'second' });
    expect(apply(builder, 'run-1', h).sleepingUntil).toBeNull();
    const next = new History(T0 + 10_000).start(SECOND, 'second');
    const id = next.ask(tagOf(1));
    next.answer(id, message({ usage: { ...SPEND } }));
    expect(apply(builder, 'run-1', next).calls).toMatchObject([
      { address: 'agent:1', state: 'done', inputTokens: 100 },
    ]);
  });

  test('the result counts the whole chain', () => {
    const builder = new ViewBuilder('run-1');
    apply(builder, 'run-1', first());
    const h = second();
    const usage = { calls: 5_000, requests: 4_999, replayed: 1, failed: 1, refused: 0, ...SPEND };
    h.add({ type: 'completed', result: scriptResult({ status: 'completed_with_failures', usage }) });
    const v = apply(builder, 'run-1', h);
    expect(v).toMatchObject({ status: 'completed_with_failures', usage: { calls: 5_000 }, startedAt: T0 });
    expect(v.gates).toMatchObject([{ state: 'cancelled' }]);
  });

  test('when the first part is gone, what was handed over stands for it', () => {
    const builder = new ViewBuilder('run-1');
    builder.missing('run-1', 'cut');
    const v = apply(builder, 'run-1', second());
    expect(v.calls.map(({ address }) => address)).toEqual(['agent:3']);
    // Books charge what was served; a run's own usage does not.
    expect(v.usage).toMatchObject({
      calls: 4,
      requests: 3,
      replayed: 1,
      failed: 1,
      inputTokens: 200,
      outputTokens: 40,
    });
    expect(v.usage.usd).toBeCloseTo(0.002);
    expect(v.saved).toEqual({ inputTokens: 1_000, outputTokens: 500, usd: 0.002 });
    expect(v.outcomes.map(({ address }) => address)).toEqual(['agent:2']);
    expect(v.limits?.maxCalls).toBe(7_000);
    expect(v.notices).toEqual([expect.stringContaining('first part')]);
  });

  test('one that was paused when it went on is paused still', () => {
    const h = new History().start({
      ...SCRIPT_INPUT,
      handover: { tree: { ...TREE, paused: true } },
    });
    expect(apply(new ViewBuilder('run-1'), 'run-1', h)).toMatchObject({
      status: 'paused',
      pause: { reason: 'person' },
    });
  });
});

describe('a child that outlives the execution that started it', () => {
  const agentEnd = { ok: true, value: 'x', usage: { ...SPEND }, requests: 1, steps: 1, toolCalls: 0, model: null };

  function withChild(workflowType: string, address: string): { builder: ViewBuilder; id: string } {
    const builder = new ViewBuilder('run-1');
    const h = new History().start();
    const input: Json =
      workflowType === 'agent' ? { address, label: 'c' } : { parent: { tag: { address, label: 'c' } } };
    const initiated = h.add({ type: 'childInitiated', workflowId: `run-1/${address}`, workflowType, input });
    h.add({ type: 'childStarted', initiatedId: initiated });
    h.add({ type: 'continuedAsNew', runId: 'second' });
    apply(builder, 'run-1', h);
    return { builder, id: `run-1/${address}` };
  }

  test('tells its end by its own history', () => {
    for (const [workflowType, address, result] of [
      ['agent', 'agent:1', agentEnd],
      ['script', 'workflow:1', scriptResult()],
    ] as const) {
      const { builder, id } = withChild(workflowType, address);
      expect(builder.openChildren()).toMatchObject([{ workflowId: id, running: true }]);
      const own = new History(T0 + 9_000).start(null, 'own');
      own.add({ type: 'completed', result });
      const v = apply(builder, id, own);
      expect(v.calls).toMatchObject([{ address, state: 'done', settled: true }]);
      expect(builder.openChildren()).toEqual([]);
    }
  });

  test.each([
    [{ type: 'terminated', reason: '' }, 'cancelled'],
    [{ type: 'cancelled', details: null }, 'cancelled'],
    [{ type: 'timedOut' }, 'failed'],
  ] as const)('also a bad one: %j', (end, state) => {
    const { builder, id } = withChild('agent', 'agent:1');
    const own = new History(T0 + 9_000).start(null, 'own');
    own.add(end);
    expect(apply(builder, id, own).calls).toMatchObject([{ state }]);
  });

  test('of which nothing more is known gave a value, unless the result says otherwise', () => {
    const { builder, id } = withChild('agent', 'agent:1');
    builder.missing(id, 'all');
    expect(builder.openChildren()).toEqual([]);
    const h = new History(T0 + 100_000).start(SECOND, 'second');
    h.add({ type: 'completed', result: scriptResult() });
    const v = apply(builder, 'run-1', h);
    expect(v.calls).toMatchObject([{ address: 'agent:1', state: 'done' }]);
    expect(v.notices).toEqual([expect.stringContaining('1 node is gone')]);
  });
});
