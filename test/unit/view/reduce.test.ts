import { describe, expect, test } from 'vitest';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import { resultOf } from '../../../client/view/result.ts';
import type { Json } from '../../../protocol/json.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { apply, History, message, scriptResult, T0, tagOf } from './histories.ts';

function view(history: History) {
  return apply(new ViewBuilder('run-1'), 'run-1', history);
}

function callOf(history: History, address = 'agent:1') {
  const found = view(history).calls.find((call) => call.address === address);
  if (found === undefined) throw new Error(`no call ${address}`);
  return found;
}

describe('a run from its start', () => {
  test('shows what its input says', () => {
    const v = view(new History().start());
    expect(v).toMatchObject({
      run: 'run-1',
      name: 'review',
      file: 'review.js',
      status: 'running',
      taskQueue: 'braid-test',
      startedAt: T0,
    });
    expect(v).toMatchObject({
      model: 'offline/reviewer',
      workspace: { root: '/src/app', snapshot: null, error: null },
    });
    expect(v.phases.map((phase) => phase.title)).toEqual(['Review', 'Verify']);
  });

  test('a history that begins with an unreadable input still gives a view (R5)', () => {
    const h = new History().start(null);
    h.answer(h.ask(tagOf(1)));
    expect(view(h)).toMatchObject({ name: 'run-1', status: 'running', counts: { done: 1, total: 1 } });
  });
});

describe('a call in the caller’s own history', () => {
  test('goes from queued to running to done, and settles with the next workflow task (C2)', () => {
    const h = new History().start();
    const id = h.ask(tagOf(1));
    expect(callOf(h)).toMatchObject({ state: 'queued', turns: 1, startedAt: null, settled: false });
    h.begin(id);
    expect(callOf(h)).toMatchObject({ state: 'running', attempts: 1 });
    h.add({ type: 'activityCompleted', scheduledId: id, result: message() });
    expect(callOf(h)).toMatchObject({
      state: 'done',
      settled: false,
      inputTokens: 100,
      outputTokens: 20,
      usd: 0.001,
      requests: 1,
    });
    h.task();
    expect(callOf(h)).toMatchObject({ state: 'done', settled: true });
  });

  test('that is asked again in the same task stays one call, whatever stands between task and command (C2)', () => {
    const h = new History().start();
    h.answer(h.ask(tagOf(1)), message({ submit: null }));
    h.task();
    h.add({ type: 'timerStarted', ms: 5 });
    const second = h.ask(tagOf(1, { turn: 1 }));
    expect(callOf(h)).toMatchObject({ state: 'queued', turns: 2, settled: false, endedAt: null });
    h.answer(second, message({ submit: { valid: true, value: {} } }));
    h.task();
    expect(callOf(h)).toMatchObject({ state: 'done', settled: true, inputTokens: 200, requests: 2 });
    expect(view(h).story.filter((entry) => entry.type === 'call.ended')).toHaveLength(1);
  });

  test('without a valid structured output within its tries fails as `schema`', () => {
    const h = new History().start();
    const states = Array.from({ length: LIMITS.schemaTries }, (_, turn) => {
      h.answer(h.ask(tagOf(1, { turn })), message({ submit: { valid: false, problem: 'x', id: '1', input: {} } }));
      h.task();
      return callOf(h).state;
    });
    expect(states).toEqual(['running', 'running', 'running', 'running', 'failed']);
    expect(callOf(h)).toMatchObject({
      state: 'failed',
      settled: true,
      error: { reason: 'schema', code: 'BRAID_CALL_SCHEMA' },
    });
  });

  test('waits while the provider asks to slow down, and that request counts', () => {
    const h = new History().start();
    h.answer(h.ask(tagOf(1)), { kind: 'rateLimited', retryAfterMs: 1000, message: 'slow', requests: 1 });
    h.task();
    expect(callOf(h)).toMatchObject({ state: 'waiting', settled: false, requests: 1, endedAt: null });
    h.answer(h.ask(tagOf(1, { turn: 1 })));
    h.task();
    expect(callOf(h)).toMatchObject({ state: 'done', settled: true, requests: 2 });
  });

  test('fails with the code, the message and the cost of its activity', () => {
    const h = new History().start();
    h.fail(h.ask(tagOf(1)), 'BRAID_PROVIDER_FAILED', 'HTTP 500');
    h.task();
    const error = { reason: 'error', code: 'BRAID_PROVIDER_FAILED', message: 'HTTP 500' };
    expect(callOf(h)).toMatchObject({ state: 'failed', settled: true, error, requests: 3, inputTokens: 5 });
    expect(view(h).outcomes).toEqual([
      { address: 'agent:1', label: 'call 1', phase: 'Review', model: 'offline/reviewer', attempts: 3, ...error },
    ]);
  });

  test('given up after its timer fired ends as a timeout; given up with the run as cancelled', () => {
    const timedOut = new History().start();
    const id = timedOut.ask(tagOf(1));
    const timer = timedOut.add({ type: 'timerStarted', ms: 1000 });
    timedOut.add({ type: 'timerEnded', startedId: timer, fired: true });
    timedOut.task();
    timedOut.add({ type: 'activityCancelRequested', scheduledId: id });
    expect(callOf(timedOut)).toMatchObject({
      state: 'failed',
      settled: true,
      error: { reason: 'timeout', code: 'BRAID_CALL_TIMEOUT' },
    });

    const cancelled = new History().start();
    const other = cancelled.ask(tagOf(1));
    cancelled.add({ type: 'cancelRequested' });
    cancelled.task();
    cancelled.add({ type: 'activityCancelRequested', scheduledId: other });
    expect(callOf(cancelled)).toMatchObject({ state: 'cancelled', settled: true, error: { reason: 'cancelled' } });
    expect(view(cancelled).cancelling).toBe(true);
  });

  test('with an unknown price has an unknown price, and so has the run', () => {
    const h = new History().start();
    h.answer(h.ask(tagOf(1)), message({ usage: { inputTokens: 1, outputTokens: 1, usd: null } }));
    h.answer(h.ask(tagOf(2)));
    expect(view(h).usage).toMatchObject({ inputTokens: 101, usd: null, calls: 2 });
  });
});

describe('an agent child', () => {
  const input = { tag: tagOf(1, { notes: [{ kind: 'log', text: 'before', at: T0 }] }) };
  const end = (extra: { [key: string]: Json } = {}): Json => ({
    ok: true,
    value: 'text',
    reason: null,
    error: null,
    degraded: false,
    usage: { inputTokens: 30, outputTokens: 33, usd: 0.5 },
    requests: 4,
    steps: 3,
    toolCalls: 2,
    model: 'offline/reviewer',
    ...extra,
  });

  function parent(): { h: History; id: number } {
    const h = new History().start();
    const id = h.add({
      type: 'childInitiated',
      workflowId: 'run-1/agent:1',
      workflowType: 'agent',
      input: input.tag as unknown as Json,
    });
    h.add({ type: 'childStarted', initiatedId: id });
    return { h, id };
  }

  function child(): History {
    const h = new History(T0 + 5_000);
    h.add({ type: 'started', workflowType: 'agent', taskQueue: 'braid-test', input: null });
    h.task();
    h.answer(h.ask(tagOf(1)), message({ toolCalls: [{ id: 'a', name: 'read', input: {} }] }));
    const tool = h.add({
      type: 'activityScheduled',
      activity: 'tool',
      activityId: 'agent:1#1.1',
      tag: input.tag as unknown as Json,
    });
    h.add({ type: 'activityCompleted', scheduledId: tool, result: null });
    h.ask(tagOf(1, { turn: 1 }));
    return h;
  }

  test('shows its turns while it works; its own tags do not repeat the story', () => {
    const builder = new ViewBuilder('run-1');
    apply(builder, 'run-1', parent().h);
    expect(builder.openChildren()).toEqual([{ workflowId: 'run-1/agent:1', running: true, program: false }]);
    const v = apply(builder, 'run-1/agent:1', child());
    expect(v.calls).toMatchObject([
      { state: 'running', turns: 2, toolCalls: 1, inputTokens: 100, child: 'run-1/agent:1' },
    ]);
    expect(v.notes.map((note) => note.text)).toEqual(['before']);
    expect(builder.addressOfPending('run-1/agent:1', 'agent:1#2')).toBe('agent:1');
    expect(builder.addressOfPending('run-1/agent:1', 'agent:1#1')).toBeNull();
  });

  test('its result beats what was added up, in either order of reading, wrapped or not (C3)', () => {
    for (const result of [end(), { result: end(), unreported: null }]) {
      for (const childFirst of [true, false]) {
        const builder = new ViewBuilder('run-1');
        const { h, id } = parent();
        apply(builder, 'run-1', h);
        if (childFirst) apply(builder, 'run-1/agent:1', child());
        h.add({ type: 'childCompleted', initiatedId: id, result });
        apply(builder, 'run-1', h);
        const v = apply(builder, 'run-1/agent:1', child());
        const totals = { inputTokens: 30, outputTokens: 33, usd: 0.5, requests: 4, turns: 3, toolCalls: 2 };
        expect(v.calls).toMatchObject([{ state: 'done', settled: true, ...totals }]);
        expect(builder.openChildren()).toEqual([]);
      }
    }
  });

  test('that ends without a value tells why', () => {
    const { h, id } = parent();
    const error = { code: 'BRAID_CALL_STEPS', message: 'no answer' };
    h.add({ type: 'childCompleted', initiatedId: id, result: end({ ok: false, reason: 'error', error }) });
    expect(view(h).calls).toMatchObject([{ state: 'failed', error: { reason: 'error', ...error } }]);
  });

  test('of a terminated run is read from its own history, cost and all', () => {
    const builder = new ViewBuilder('run-1');
    const { h } = parent();
    h.add({ type: 'terminated', reason: '' });
    apply(builder, 'run-1', h);
    expect(builder.openChildren()).toEqual([{ workflowId: 'run-1/agent:1', running: false, program: false }]);
    expect(apply(builder, 'run-1/agent:1', child()).usage).toMatchObject({
      calls: 1,
      failed: 1,
      requests: 1,
      inputTokens: 100,
    });
  });
});

describe('how a run ends', () => {
  function ended(add: (h: History) => void) {
    const h = new History().start();
    h.answer(h.ask(tagOf(1)));
    h.ask(tagOf(2));
    h.task();
    add(h);
    return view(h);
  }

  test('completed: the script’s own result is what counts', () => {
    const v = ended((h) =>
      h.add({
        type: 'completed',
        result: scriptResult({ usage: { calls: 9, requests: 8, inputTokens: 7, outputTokens: 6, usd: null } }),
      }),
    );
    expect(v).toMatchObject({ status: 'completed', value: { found: 1 }, error: null });
    expect(v.usage).toEqual({
      calls: 9,
      requests: 8,
      replayed: 0,
      failed: 0,
      refused: 0,
      inputTokens: 7,
      outputTokens: 6,
      usd: null,
    });
  });

  test.each(['completed_with_failures', 'stopped', 'cancelled'] as const)('%s: as the result says', (status) => {
    expect(ended((h) => h.add({ type: 'completed', result: scriptResult({ status }) })).status).toBe(status);
  });

  test('failed: the error of the script result, with its place, and the result’s counts', () => {
    const error = { code: 'BRAID_SCRIPT_ERROR', message: 'boom', fix: 'mend it', line: 3, column: 7 };
    const details = scriptResult({ status: 'failed', error, value: null });
    const failure = {
      kind: 'application',
      code: 'BRAID_SCRIPT_ERROR',
      message: 'boom',
      details,
      timeout: null,
    } as const;
    const v = ended((h) => h.add({ type: 'failed', failure }));
    expect(v).toMatchObject({ status: 'failed', error, usage: { calls: 1 } });
  });

  test('failed without a script result: code, message and the fix of the code', () => {
    const failure = {
      kind: 'application',
      code: 'BRAID_ENGINE_UNKNOWN',
      message: 'old',
      details: null,
      timeout: null,
    } as const;
    const v = ended((h) => h.add({ type: 'failed', failure }));
    expect(v.error).toEqual({ code: 'BRAID_ENGINE_UNKNOWN', message: 'old', fix: expect.stringContaining('worker') });
    const foreign = ended((h) => h.add({ type: 'failed', failure: { ...failure, code: 'TypeError' } }));
    expect(foreign.error?.code).toBe('BRAID_INTERNAL');
  });

  test('cancelled, terminated, timed out: usage is added up from the calls', () => {
    const usage = { calls: 2, requests: 1, failed: 1, inputTokens: 100 };
    expect(ended((h) => h.add({ type: 'cancelled', details: null }))).toMatchObject({
      status: 'cancelled',
      error: null,
      usage,
    });
    const terminated = ended((h) => h.add({ type: 'terminated', reason: 'by hand' }));
    expect(terminated).toMatchObject({ status: 'failed', error: { code: 'BRAID_RUN_TERMINATED' }, usage });
    expect(terminated.error?.message).toContain('by hand');
    expect(ended((h) => h.add({ type: 'timedOut' }))).toMatchObject({
      status: 'failed',
      error: { code: 'BRAID_RUN_TIMED_OUT' },
    });
  });

  test('a call that the run left behind is cancelled, and no call stays open', () => {
    const v = ended((h) => h.add({ type: 'completed', result: scriptResult() }));
    expect(v.calls.map((call) => [call.state, call.settled])).toEqual([
      ['done', true],
      ['cancelled', true],
    ]);
  });

  test('outcomes of the result correct the calls, and bring in calls that were never dispatched', () => {
    const base = { label: 'x', phase: 'Review', model: null, attempts: 0 };
    const outcomes = [
      { ...base, address: 'agent:1', reason: 'schema', code: 'BRAID_CALL_SCHEMA', message: 'no output' },
      { ...base, address: 'agent:3', reason: 'refused', code: 'BRAID_BUDGET_EXHAUSTED', message: 'no budget' },
    ];
    const v = ended((h) => h.add({ type: 'completed', result: scriptResult({ status: 'stopped', outcomes }) }));
    expect(v.calls.map((call) => [call.address, call.state])).toEqual([
      ['agent:1', 'failed'],
      ['agent:2', 'cancelled'],
      ['agent:3', 'refused'],
    ]);
    expect(v.outcomes).toEqual(outcomes);
    const told = v.story.flatMap((entry) =>
      entry.type === 'call.started' || entry.type === 'call.ended' ? [`${entry.type} ${entry.address}`] : [],
    );
    expect(told).toEqual([
      'call.started agent:1',
      'call.started agent:2',
      'call.ended agent:1',
      'call.ended agent:2',
      'call.ended agent:3',
    ]);
  });

  test('a result that cannot be read: the status is derived from the calls, and a notice says so', () => {
    const v = ended((h) => h.add({ type: 'completed', result: null }));
    expect(v.status).toBe('completed_with_failures');
    expect(v.notices).toHaveLength(1);
  });

  test('the result object of design §5.1 comes from the view alone', () => {
    const v = ended((h) => h.add({ type: 'completed', result: scriptResult() }));
    const { usage } = v;
    expect(resultOf(v)).toEqual({
      run: 'run-1',
      status: 'completed',
      value: { found: 1 },
      error: null,
      usage,
      outcomes: [],
      startedAt: '2026-01-02T03:04:05.000Z',
      endedAt: expect.stringMatching(/Z$/),
    });
  });
});
