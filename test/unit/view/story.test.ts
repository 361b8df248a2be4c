import { describe, expect, test } from 'vitest';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import { apply, History, SCRIPT_INPUT, scriptResult, T0, tagOf } from './histories.ts';

function view(history: History) {
  return apply(new ViewBuilder('run-1'), 'run-1', history);
}

describe('the story', () => {
  test('notes come from tags, markers and the result, each once, in order', () => {
    const h = new History().start();
    const note = (text: string, kind = 'log') => ({ kind, text, at: T0 + 1 }) as const;
    h.answer(h.ask(tagOf(1, { notes: [note('Review', 'phase'), note('one')] as never })));
    h.task();
    h.add({ type: 'localActivity', activity: 'note', result: [note('two'), note('Verify', 'phase')] });
    h.add({ type: 'completed', result: scriptResult({ notes: [note('three')] }) });
    const v = view(h);
    expect(v.notes.map((n) => n.text)).toEqual(['Review', 'one', 'two', 'Verify', 'three']);
    expect(v.phase).toBe('Verify');
  });

  test('an end comes before what it caused, and re-reading changes nothing (R1, R2)', () => {
    const h = new History().start();
    h.answer(h.ask(tagOf(1)));
    h.task();
    h.answer(h.ask(tagOf(2)));
    h.task();
    h.add({ type: 'completed', result: scriptResult() });
    const builder = new ViewBuilder('run-1');
    for (const event of h.events) builder.apply('run-1', event);
    const once = builder.view();
    for (const event of h.events) builder.apply('run-1', event);
    expect(builder.view()).toBe(once);
    expect(once.story.map((entry) => entry.type)).toEqual([
      'run.started',
      'call.started',
      'call.ended',
      'call.started',
      'call.ended',
      'run.ended',
    ]);
  });

  test('it is the same and only grows, wherever views are taken between transactions (R2, R4)', () => {
    const h = new History().start();
    for (let i = 1; i <= 20; i += 1) {
      const ids = [h.ask(tagOf(2 * i)), h.ask(tagOf(2 * i + 1))];
      for (const id of ids) h.answer(id);
      h.task();
    }
    h.add({ type: 'completed', result: scriptResult() });
    const often = new ViewBuilder('run-1');
    let story = often.view().story;
    h.events.forEach((event, i) => {
      often.apply('run-1', event);
      const next = h.events[i + 1]?.type;
      if (next === 'activityScheduled' || next === 'completed') return;
      const now = often.view().story;
      expect(now.slice(0, story.length)).toEqual(story);
      story = now;
    });
    expect(story).toEqual(view(h).story);
    expect(story).toHaveLength(1 + 40 + 40 + 1);
  });

  test('pause and resume change the status; doubled signals do not double the story', () => {
    const h = new History().start();
    for (const signal of ['pause', 'pause']) h.add({ type: 'signaled', signal });
    expect(view(h).status).toBe('paused');
    h.add({ type: 'signaled', signal: 'resume' });
    const v = view(h);
    expect(v.status).toBe('running');
    expect(v.story.map((entry) => entry.type)).toEqual(['run.started', 'paused', 'resumed']);
  });

  test('a snapshot, a sleep and a failing workflow task are shown', () => {
    const h = new History().start();
    const id = h.add({
      type: 'activityScheduled',
      activity: 'snapshot',
      activityId: 'snapshot',
      tag: { address: 'snapshot' },
    });
    h.add({ type: 'activityCompleted', scheduledId: id, result: { files: 3, bytes: 10, hash: 'h', ms: 1 } });
    h.add({ type: 'timerStarted', ms: 60_000 });
    h.add({ type: 'taskFailed', message: 'nondeterminism' });
    const v = view(h);
    expect(v.workspace?.snapshot).toEqual({ files: 3, bytes: 10, hash: 'h', ms: 1 });
    expect(v.sleepingUntil).toBeGreaterThan(T0 + 60_000);
    expect(v.notices.join()).toContain('nondeterminism');
    expect(v.calls).toEqual([]);
    h.task();
    expect(view(h).notices).toEqual([]);
  });
});

describe('large histories', () => {
  test('10,000 calls: each event is applied with constant work, and unchanged calls are the same objects (R3)', () => {
    const builder = new ViewBuilder('run-1');
    const h = new History().start(SCRIPT_INPUT);
    const total = 10_000;
    for (let i = 1; i <= total; i += 1) {
      h.answer(h.ask(tagOf(i)));
      h.task();
    }
    const before = apply(builder, 'run-1', h);
    expect(before.counts).toMatchObject({ done: total, total });
    expect(before.calls.every((call) => call.settled)).toBe(true);
    h.ask(tagOf(total + 1));
    const after = apply(builder, 'run-1', h);
    expect(after.calls.slice(0, total).every((call, i) => call === before.calls[i])).toBe(true);
    expect(before.counts.total).toBe(total);
  });
});
