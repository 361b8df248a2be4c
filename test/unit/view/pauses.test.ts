import { describe, expect, test } from 'vitest';
import { EventFeed } from '../../../client/view/events.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { Json } from '../../../protocol/json.ts';
import { apply, History, scriptResult, SCRIPT_INPUT, T0, tagOf } from './histories.ts';

function view(history: History) {
  return apply(new ViewBuilder('run-1'), 'run-1', history);
}

function started(limits: { [key: string]: Json } = {}): History {
  return new History().start({ ...SCRIPT_INPUT, limits: { ...SCRIPT_INPUT.limits, onLimit: 'pause', ...limits } });
}

const warning = (text: string, at = T0 + 5_000) => ({ kind: 'warning', text, at }) as const;
const state = (h: History, to: string) => h.add({ type: 'stateChanged', state: to });

describe('why a run is paused', () => {
  test('a person did it: told by the signal, before and after the run has written so (P1)', () => {
    const h = started();
    h.add({ type: 'signaled', signal: 'pause' });
    const pause = { reason: 'person', limit: null, text: null, since: T0 + 1_000 };
    expect(view(h)).toMatchObject({ status: 'paused', pause });
    state(h, 'paused');
    expect(view(h).pause).toEqual(pause);
    h.add({ type: 'signaled', signal: 'resume' });
    state(h, 'running');
    expect(view(h)).toMatchObject({ status: 'running', pause: null });
    expect(view(h).story.map(({ type }) => type)).toEqual(['run.started', 'paused', 'resumed']);
  });

  test('a limit: named by what the run warned of (P2, P3)', () => {
    const h = started().say(warning('the limit maxRequests (10) is reached'), warning('slow down'));
    state(h, 'paused');
    const v = view(h);
    expect(v.status).toBe('paused');
    expect(v.pause).toMatchObject({
      reason: 'limit',
      limit: 'maxRequests',
      text: 'the limit maxRequests (10) is reached',
    });
    expect(new EventFeed().next(v).at(-1)).toMatchObject({ type: 'run.paused', reason: 'limit', limit: 'maxRequests' });
    state(h, 'running');
    expect(view(h).status).toBe('running');
  });

  test('a warning from before the run last went on is none of this pause (P3)', () => {
    const h = started().say(warning('the limit maxRequests (10) is reached', T0 + 1));
    state(h, 'paused');
    state(h, 'running');
    state(h, 'paused');
    expect(view(h).pause).toMatchObject({ reason: 'limit', limit: null, text: null });
  });

  test('a limit: named by what is used up, when nothing carried the warning yet', () => {
    const h = started({ maxCalls: 1 });
    h.answer(h.ask(tagOf(1)));
    h.task();
    state(h, 'paused');
    expect(view(h).pause).toMatchObject({ reason: 'limit', limit: 'maxCalls' });
    const only = started({ maxUsd: 5 });
    state(only, 'paused');
    expect(view(only).pause).toMatchObject({ reason: 'limit', limit: 'maxUsd' });
    const either = started({ maxUsd: 5, maxRequests: 5 });
    state(either, 'paused');
    expect(view(either).pause).toMatchObject({ reason: 'limit', limit: null });
  });

  test('the words of a run that stand behind its deed in one task are told with it', () => {
    const h = started();
    h.task();
    state(h, 'paused');
    h.say(warning('paused: quota: no credit; add credit, then: braid resume run-1'));
    h.say(warning('something else'));
    const told = new EventFeed().next(view(h));
    expect(told.map(({ type }) => type)).toEqual(['run.started', 'run.paused', 'log', 'log']);
    expect(told[1]).toMatchObject({ reason: 'quota', text: expect.stringContaining('no credit') });
  });

  test('the quota of a provider', () => {
    const h = started().say(warning('the quota of openai is used up'));
    state(h, 'paused');
    expect(view(h).pause).toMatchObject({ reason: 'quota', limit: null, text: 'the quota of openai is used up' });
  });

  test('unknown, when the run is not one that pauses at limits', () => {
    const h = new History().start();
    state(h, 'paused');
    expect(view(h).pause).toMatchObject({ reason: 'unknown' });
  });

  test('the last word of a run resumes nothing, and an ended run is not paused', () => {
    const h = started();
    state(h, 'paused');
    state(h, 'stopped');
    h.add({ type: 'completed', result: scriptResult({ status: 'stopped' }) });
    const v = view(h);
    expect(v).toMatchObject({ status: 'stopped', pause: null });
    expect(v.story.map(({ type }) => type)).toEqual(['run.started', 'paused', 'run.ended']);
  });

  test('the state of a node below the root is that node’s', () => {
    const builder = new ViewBuilder('run-1');
    const h = started();
    const id = h.add({ type: 'childInitiated', workflowId: 'run-1/rlm:1', workflowType: 'rlm', input: null });
    h.add({ type: 'childStarted', initiatedId: id });
    apply(builder, 'run-1', h);
    const child = new History();
    child.add({ type: 'stateChanged', state: 'paused' });
    expect(apply(builder, 'run-1/rlm:1', child).status).toBe('running');
  });
});

describe('limits', () => {
  test('are those of the last signal, laid over the start’s; nonsense changes nothing', () => {
    const h = started({ maxRequests: 10 });
    h.add({ type: 'signaled', signal: 'limits', input: { maxCalls: 5_000, maxRequests: 'x', maxUsd: -1, other: 3 } });
    h.add({ type: 'signaled', signal: 'limits', input: null });
    expect(view(h).limits).toMatchObject({ maxCalls: 5_000, maxRequests: 10, maxUsd: null, concurrency: 16 });
    expect(view(h).limits).not.toHaveProperty('other');
  });
});
