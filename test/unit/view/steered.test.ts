/** What people did to a run while it went on: calls skipped and begun anew, gates answered (DW-51, DW-52). */
import { describe, expect, test } from 'vitest';
import { EventFeed } from '../../../client/view/events.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { Json } from '../../../protocol/json.ts';
import { apply, gateNote, History, message, scriptResult, SCRIPT_INPUT, T0, tagOf } from './histories.ts';

function view(history: History) {
  return apply(new ViewBuilder('run-1'), 'run-1', history);
}

const update = (h: History, name: string, request: Json) => h.add({ type: 'updated', update: name, request });
const steer = (h: History, action: string, address = 'agent:1') => update(h, 'steer', { address, action });

describe('a gate', () => {
  test('is closed by the answer that was taken, before the program tells of it; what it tells then changes nothing', () => {
    const h = new History().start().say(gateNote());
    update(h, 'answer', { gate: 'ask:1', digest: 'd1', value: { a: 'whole' }, by: 'ann' });
    expect(view(h).gates).toMatchObject([{ state: 'answered', value: { a: 'whole' }, by: 'ann' }]);
    h.say(gateNote({ closed: { how: 'answered', value: '{"a":…', by: 'ann' } }));
    expect(view(h).gates).toMatchObject([{ state: 'answered', value: { a: 'whole' } }]);
    expect(view(h).story.map(({ type }) => type)).toEqual(['run.started', 'gate.opened', 'gate.closed']);
  });

  test('of another node, or one that does not exist, is not closed', () => {
    const h = new History().start().say(gateNote({ gate: 'rlm:1/ask:1' }));
    update(h, 'answer', { gate: 'ask:9', value: 1, by: null });
    update(h, 'answer', 'nonsense');
    expect(view(h).gates).toMatchObject([{ state: 'open' }]);
  });
});

describe('a call that was skipped', () => {
  test.each([true, false])('says so, whether its activity is given up before or after (%s)', (before) => {
    const h = new History().start();
    const id = h.ask(tagOf(1));
    h.begin(id);
    h.task();
    if (before) steer(h, 'skip');
    h.add({ type: 'activityCancelRequested', scheduledId: id });
    if (!before) steer(h, 'skip');
    const v = view(h);
    expect(v.calls[0]).toMatchObject({
      state: 'cancelled',
      settled: true,
      error: { reason: 'skipped', code: 'BRAID_CALL_SKIPPED' },
    });
    expect(v.story.filter(({ type }) => type === 'call.ended')).toHaveLength(1);
  });

  test('costs what its activity tells after all, and gets no value from it', () => {
    const h = new History().start();
    const id = h.ask(tagOf(1));
    h.task();
    h.add({ type: 'activityCancelRequested', scheduledId: id });
    steer(h, 'skip');
    h.answer(id, message());
    h.task();
    expect(view(h).calls[0]).toMatchObject({ state: 'cancelled', inputTokens: 100, requests: 1 });
  });

  test('that is not there changes nothing', () => {
    const h = new History().start();
    steer(h, 'skip', 'agent:7');
    expect(view(h).calls).toEqual([]);
  });
});

describe('a call that is begun anew', () => {
  test('in its caller’s history is not ended by what the attempt before still tells', () => {
    const h = new History().start();
    const first = h.ask(tagOf(1));
    h.begin(first);
    h.task();
    steer(h, 'restart');
    h.add({ type: 'activityCancelRequested', scheduledId: first });
    h.ask(tagOf(1, { turn: 1 }));
    h.fail(first, 'BRAID_PROVIDER_FAILED', 'too late');
    expect(view(h).calls).toMatchObject([{ state: 'queued', error: null, requests: 3, endedAt: null }]);
  });

  const agentEnd = (usd: number): Json => ({
    ...{ ok: true, value: 'x', usage: { inputTokens: 10, outputTokens: 1, usd } },
    ...{ requests: 2, steps: 1, toolCalls: 0, model: null },
  });

  test('as an agent has cost what all its attempts cost', () => {
    const h = new History().start();
    for (const [suffix, usd] of [
      ['', 1],
      ['~2', 2],
    ] as const) {
      const input = tagOf(1) as unknown as Json;
      const id = h.add({ type: 'childInitiated', workflowId: `run-1/agent:1${suffix}`, workflowType: 'agent', input });
      h.add({ type: 'childStarted', initiatedId: id });
      if (suffix === '') steer(h, 'restart');
      h.add({ type: 'childCompleted', initiatedId: id, result: agentEnd(usd) });
      h.task();
    }
    const v = view(h);
    expect(v.calls).toMatchObject([{ state: 'done', child: 'run-1/agent:1~2', inputTokens: 20, requests: 4, usd: 3 }]);
    expect(v.counts).toMatchObject({ done: 1, total: 1 });
  });

  test('whose attempt before ends later than the next one begins is not ended by it', () => {
    const h = new History().start();
    const input = tagOf(1) as unknown as Json;
    const first = h.add({ type: 'childInitiated', workflowId: 'run-1/agent:1', workflowType: 'agent', input });
    h.add({ type: 'childStarted', initiatedId: first });
    h.add({ type: 'childInitiated', workflowId: 'run-1/agent:1~2', workflowType: 'agent', input });
    const failure = { kind: 'cancelled', message: 'cancelled', code: null, details: null, timeout: null } as const;
    h.add({ type: 'childFailed', initiatedId: first, failure });
    expect(view(h).calls).toMatchObject([{ state: 'queued', error: null, child: 'run-1/agent:1~2' }]);
  });

  test('as a program is one node, whose calls and gates may bear the same addresses again', () => {
    const builder = new ViewBuilder('run-1');
    const h = new History().start();
    const input: Json = { parent: { tag: { address: 'workflow:1', label: 'w' } } };
    const child = { type: 'childInitiated', workflowType: 'script', input } as const;
    const first = h.add({ ...child, workflowId: 'run-1/workflow:1' });
    h.add({ type: 'childStarted', initiatedId: first });
    apply(builder, 'run-1', h);
    const inner = new History(T0 + 3_000)
      .start(SCRIPT_INPUT, 'one')
      .say({ ...gateNote({ gate: 'workflow:1/ask:1' }), at: T0 + 4_000 });
    inner.ask({ ...tagOf(1), address: 'workflow:1/agent:1' });
    apply(builder, 'run-1/workflow:1', inner);

    const second = h.add({ ...child, workflowId: 'run-1/workflow:1~2' }, 60_000);
    h.add({ type: 'childStarted', initiatedId: second });
    const v = apply(builder, 'run-1', h);
    expect(v.gates).toMatchObject([{ state: 'cancelled' }]);
    expect(v.calls).toMatchObject([{ address: 'workflow:1' }, { address: 'workflow:1/agent:1', state: 'cancelled' }]);
    expect(builder.openChildren()).toMatchObject([{ workflowId: 'run-1/workflow:1~2' }]);

    const anew = new History(T0 + 90_000).start(SCRIPT_INPUT, 'two');
    anew.say({ ...gateNote({ gate: 'workflow:1/ask:1' }), at: T0 + 91_000 });
    anew.answer(anew.ask({ ...tagOf(1), address: 'workflow:1/agent:1' }));
    anew.task();
    anew.add({ type: 'completed', result: scriptResult() });
    const w = apply(builder, 'run-1/workflow:1~2', anew);
    expect(w.nodes.map(({ address }) => address)).toEqual(['root', 'workflow:1']);
    expect(w.calls[1]).toMatchObject({ address: 'workflow:1/agent:1', state: 'done' });
    expect(w.gates).toMatchObject([{ node: 'run-1/workflow:1~2', openedAt: T0 + 91_000 }]);
    // Late news of the first attempt are of no interest, and every entry of the story can be told.
    inner.add({ type: 'cancelled', details: null });
    expect(apply(builder, 'run-1/workflow:1', inner)).toBe(w);
    expect(new EventFeed().next(w).length).toBe(w.story.length);
  });
});
