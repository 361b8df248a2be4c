import { describe, expect, test } from 'vitest';
import { EventFeed } from '../../../client/view/events.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { Json } from '../../../protocol/json.ts';
import { apply, History, replayedNote, SCRIPT_INPUT, scriptResult, tagOf } from './histories.ts';
import { RlmHistory, rlmInput } from './rlm-histories.ts';

const RESUMED = { ...SCRIPT_INPUT, resumeFrom: 'run-0' };

function view(history: History) {
  return apply(new ViewBuilder('run-1'), 'run-1', history);
}

describe('a call that was served from an earlier run', () => {
  test('is a call in the state `replayed`, with the run that paid, and costs this run nothing', () => {
    const h = new History().start(RESUMED).say(replayedNote(1), replayedNote(2, { kind: 'llm', from: 'run-00' }));
    const v = view(h);
    expect(v.resumedFrom).toBe('run-0');
    const cost = { inputTokens: 1_000, outputTokens: 500, usd: 0.002 };
    expect(v.calls[0]).toMatchObject({
      ...{ address: 'agent:1', kind: 'agent', label: 'call 1', phase: 'Review', model: 'offline/reviewer' },
      ...{ state: 'replayed', settled: true, from: 'run-0', saved: cost, why: null },
      ...{ requests: 0, inputTokens: 0, outputTokens: 0, usd: 0 },
    });
    expect(v.calls[1]).toMatchObject({ from: 'run-00' });
    expect(v.counts).toMatchObject({ replayed: 2, total: 2 });
    expect(v.usage).toEqual({
      ...{ calls: 2, requests: 0, replayed: 2, failed: 0, refused: 0 },
      ...{ inputTokens: 0, outputTokens: 0, usd: 0 },
    });
    expect(v.saved).toEqual({ inputTokens: 2_000, outputTokens: 1_000, usd: 0.004 });
    expect(v.notes).toEqual([]);
  });

  test('is one event, and neither begins nor ends, also when the run ends', () => {
    const h = new History().start(RESUMED).say(replayedNote(1));
    h.add({ type: 'completed', result: scriptResult() });
    const events = new EventFeed().next(view(h));
    expect(events.map(({ type }) => type)).toEqual(['run.started', 'call.replayed', 'run.ended']);
    expect(events[1]).toMatchObject({
      ...{ type: 'call.replayed', address: 'agent:1', label: 'call 1', phase: 'Review' },
      ...{ model: 'offline/reviewer', from: 'run-0' },
    });
  });

  test('told twice is one call', () => {
    const v = view(new History().start(RESUMED).say(replayedNote(1)).say(replayedNote(1)));
    expect(v.calls).toHaveLength(1);
    expect(v.story.filter(({ type }) => type === 'call.replayed')).toHaveLength(1);
  });

  test('belongs to the cell that made it', () => {
    const h = new RlmHistory()
      .open(rlmInput({ resumeFrom: 'run-0' }))
      .turn('x')
      .cell('llm_query("a")', { state: 'waiting' });
    h.say(replayedNote(1, { address: 'llm:1', kind: 'llm' }));
    h.settle(1);
    const v = view(h);
    expect(v.nodes[0]?.cells[0]?.calls).toEqual(['llm:1']);
    expect(v.nodes[0]?.cells[0]?.usage).toMatchObject({ calls: 1, replayed: 1, requests: 0 });
  });

  test('a note without a call, or of a later Braid, is dropped', () => {
    const broken = [
      { kind: 'replayed', text: 'x', at: 1 },
      { kind: 'replayed', text: 'x', at: 1, call: { label: 'y' } },
    ];
    const h = new History().start(RESUMED).say(...(broken as never[]));
    expect(view(h)).toMatchObject({ calls: [], notes: [] });
  });
});

describe('a call that ran in a resumed run', () => {
  test('tells why it was not served, in its own history or its child’s input', () => {
    const h = new History().start(RESUMED);
    h.answer(h.ask(tagOf(1, { live: 'changed: prompt' })));
    const input = tagOf(2, { live: 'failed before' }) as unknown as Json;
    h.add({ type: 'childInitiated', workflowId: 'run-1/agent:2', workflowType: 'agent', input });
    h.answer(h.ask(tagOf(3)));
    const v = view(h);
    expect(v.calls.map(({ why }) => why)).toEqual(['changed: prompt', 'failed before', null]);
    expect(v.calls.map(({ from }) => from)).toEqual([null, null, null]);
    const started = new EventFeed().next(v).find(({ type }) => type === 'call.started');
    expect(started).toMatchObject({ address: 'agent:1', why: 'changed: prompt' });
  });

  test('an agent some of whose requests were served tells what they cost then', () => {
    const h = new History().start(RESUMED);
    const input = tagOf(1, { live: 'unfinished before' }) as unknown as Json;
    const id = h.add({ type: 'childInitiated', workflowId: 'run-1/agent:1', workflowType: 'agent', input });
    const replayed = { inputTokens: 7, outputTokens: 3, usd: null };
    const usage = { inputTokens: 1, outputTokens: 1, usd: 0 };
    const result = { ok: true, value: 'x', usage, requests: 1, steps: 3, toolCalls: 1, model: null, replayed };
    h.add({ type: 'childCompleted', initiatedId: id, result });
    expect(view(h).calls[0]).toMatchObject({ state: 'done', inputTokens: 1, saved: replayed });
    expect(view(h).saved).toEqual(replayed);
  });

  test('what the result says was served beats what was added up', () => {
    const h = new History().start(RESUMED).say(replayedNote(1));
    const replayed = { inputTokens: 9, outputTokens: 9, usd: 9 };
    h.add({ type: 'completed', result: scriptResult({ replayed }) });
    expect(view(h).saved).toEqual(replayed);
  });
});

describe('a call that is restarted', () => {
  test('begins anew under its address, keeps what it cost, and ends a second time', () => {
    const h = new History().start();
    const first = h.ask(tagOf(1));
    h.begin(first);
    h.task();
    h.add({ type: 'activityCancelRequested', scheduledId: first });
    h.task();
    expect(view(h).calls[0]).toMatchObject({ state: 'cancelled', settled: true });
    const again = h.ask(tagOf(1, { turn: 1 }));
    expect(view(h).calls[0]).toMatchObject({ state: 'queued', settled: false, endedAt: null, error: null });
    h.answer(again);
    h.task();
    const v = view(h);
    expect(v.calls).toHaveLength(1);
    expect(v.calls[0]).toMatchObject({ state: 'done', settled: true, error: null, turns: 2 });
    expect(v.counts).toMatchObject({ done: 1, total: 1 });
    expect(v.story.map(({ type }) => type)).toEqual([
      ...['run.started', 'call.started', 'call.ended', 'call.started', 'call.ended'],
    ]);
  });
});
