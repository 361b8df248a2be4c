import { describe, expect, test } from 'vitest';
import { EventFeed, isWorkerMissing } from '../../../client/view/events.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import { WATCH } from '../../../protocol/limits.ts';
import type { RunEvent, RunView, WorkerView } from '../../../protocol/view.ts';
import { apply, History, scriptResult, T0, tagOf } from './histories.ts';

function wholeRun(): History {
  const h = new History().start();
  const say = (kind: 'phase' | 'log', text: string) => ({ kind, text, at: T0 + 2_000 });
  const first = h.ask(tagOf(1, { notes: [say('phase', 'Review'), say('log', 'two dimensions')] }));
  const second = h.ask(tagOf(2));
  h.answer(first);
  h.task();
  h.add({ type: 'signaled', signal: 'pause' });
  h.add({ type: 'signaled', signal: 'resume' });
  h.fail(second, 'BRAID_PROVIDER_FAILED', 'HTTP 500');
  h.task();
  h.add({ type: 'completed', result: scriptResult({ status: 'completed_with_failures' }) });
  return h;
}

const brief = (event: RunEvent) => ('address' in event ? `${event.type} ${event.address}` : event.type);

const EXPECTED = [
  'run.started',
  'phase',
  'log',
  'call.started agent:1',
  'call.started agent:2',
  'call.ended agent:1',
  'run.paused',
  'run.resumed',
  'call.ended agent:2',
  'run.ended',
];

describe('EventFeed', () => {
  test('tells a run that is over in the order of its story', () => {
    const events = new EventFeed().next(apply(new ViewBuilder('run-1'), 'run-1', wholeRun()));
    expect(events.map(brief)).toEqual(EXPECTED);
    expect(events.every((event) => event.v === 1 && event.run === 'run-1' && !Number.isNaN(Date.parse(event.at)))).toBe(
      true,
    );
    expect(events.find((event) => brief(event) === 'call.ended agent:2')).toEqual({
      v: 1,
      at: expect.any(String),
      run: 'run-1',
      type: 'call.ended',
      state: 'failed',
      address: 'agent:2',
      label: 'call 2',
      phase: 'Review',
      model: 'offline/reviewer',
      ms: 0,
      turns: 1,
      requests: 3,
      inputTokens: 5,
      outputTokens: 0,
      usd: 0,
      error: { reason: 'error', code: 'BRAID_PROVIDER_FAILED', message: 'HTTP 500' },
    });
  });

  test('each fact once, in the same order, however the history is cut and re-read from its start (E1)', () => {
    const { events } = wholeRun();
    for (const cut of events.keys()) {
      if (events[cut]?.type === 'activityScheduled' || events[cut]?.type === 'completed') continue;
      const builder = new ViewBuilder('run-1');
      const feed = new EventFeed();
      const told: RunEvent[] = [];
      for (const event of events.slice(0, cut)) builder.apply('run-1', event);
      told.push(...feed.next(builder.view()));
      for (const event of events) builder.apply('run-1', event);
      told.push(...feed.next(builder.view()), ...feed.next(builder.view()));
      expect(told.map(brief)).toEqual(EXPECTED);
    }
  });

  test('worker and connection are told when they change (E2)', () => {
    const view = apply(new ViewBuilder('run-1'), 'run-1', new History().start());
    const feed = new EventFeed();
    feed.next(view);
    const gone: WorkerView = { alive: false, lastSeen: T0 + 1_000, missingSince: T0 + 2_000 };
    const told = [
      { ...view, worker: gone },
      { ...view, worker: gone },
      { ...view, worker: { ...gone, alive: true } },
      { ...view, connection: 'lost' as const },
      view,
    ].flatMap((v) => feed.next(v, T0 + 3_000));
    expect(told.map((event) => event.type)).toEqual([
      'worker.missing',
      'worker.back',
      'connection.lost',
      'connection.back',
    ]);
  });
});

describe('isWorkerMissing', () => {
  const view: RunView = apply(new ViewBuilder('run-1'), 'run-1', new History().start());
  const missing = (worker: WorkerView | null, now: number, extra: Partial<RunView> = {}) =>
    isWorkerMissing({ ...view, worker, ...extra }, now);

  test('a worker that was there is missed at once, one that never was after some grace', () => {
    expect(missing({ alive: false, lastSeen: T0 + 1, missingSince: T0 + 2 }, T0 + 2)).toBe(true);
    const never = { alive: false, lastSeen: null, missingSince: T0 };
    expect(missing(never, T0 + WATCH.graceMs - 1)).toBe(false);
    expect(missing(never, T0 + WATCH.graceMs)).toBe(true);
  });

  test('nothing is missed while the server is away, after the end, or before anybody asked', () => {
    const gone = { alive: false, lastSeen: T0 + 1, missingSince: T0 };
    expect(missing(gone, T0 + 99_999, { connection: 'lost' })).toBe(false);
    expect(missing(gone, T0 + 99_999, { endedAt: T0 })).toBe(false);
    expect(missing(null, T0 + 99_999)).toBe(false);
  });
});
