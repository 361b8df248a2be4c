import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { withLive } from '../../../client/view/live.ts';
import { PayloadReader } from '../../../histories/payloads.ts';
import { readPending, type PendingActivity } from '../../../client/view/pending.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import { judgeWorker, processIsGone } from '../../../client/view/worker-signs.ts';
import { WATCH } from '../../../protocol/limits.ts';
import { apply, History, T0, tagOf } from './histories.ts';

const payloads = new PayloadReader({
  payloadConverter: defaultPayloadConverter,
  failureConverter: defaultFailureConverter,
  payloadCodecs: [],
});

const pendingActivity: PendingActivity = {
  activityId: 'agent:1#1',
  activity: 'model',
  state: 'running',
  attempt: 2,
  startedAt: T0 + 3_000,
  lastSign: T0 + 9_000,
  outputTokens: 7,
  requests: 2,
  hint: 'try 2: lost',
};

function live(pending: [string, PendingActivity][]) {
  return { pending: new Map(pending), connection: 'ok', worker: null, notices: [] } as const;
}

describe('readPending', () => {
  const heartbeatDetails = {
    payloads: [defaultPayloadConverter.toPayload({ state: 'streaming', outputTokens: 5, requests: 2 })],
  };
  const scheduledTime = { seconds: 100 as never, nanos: 0 };

  test('a started one runs, with the tokens of its heartbeat', async () => {
    const lastHeartbeatTime = { seconds: 130 as never, nanos: 0 };
    const raw = { activityId: 'a', state: 2, attempt: 1, heartbeatDetails, scheduledTime, lastHeartbeatTime };
    expect(await readPending(raw, payloads)).toMatchObject({
      state: 'running',
      outputTokens: 5,
      requests: 2,
      lastSign: 130_000,
      hint: null,
    });
  });

  test('one between two tries waits and tells what went wrong; tokens of the dead attempt are gone', async () => {
    const raw = {
      activityId: 'a',
      state: 1,
      attempt: 2,
      heartbeatDetails,
      scheduledTime,
      lastFailure: { message: 'Heartbeat timeout' },
    };
    expect(await readPending(raw, payloads)).toMatchObject({
      state: 'waiting',
      outputTokens: 0,
      requests: 2,
      hint: 'try 2: Heartbeat timeout',
    });
  });

  test('one that no worker took is queued', async () => {
    expect(await readPending({ state: 1, attempt: 1, scheduledTime }, payloads)).toMatchObject({
      state: 'queued',
      lastSign: 100_000,
    });
  });
});

describe('withLive', () => {
  function open() {
    const h = new History().start();
    h.ask(tagOf(1));
    return h;
  }

  test('lays attempts, tokens and signs of life over an open call, and over the sums', () => {
    const view = apply(new ViewBuilder('r'), 'r', open());
    const v = withLive(view, live([['agent:1', pendingActivity]]));
    const facts = {
      state: 'running',
      attempts: 2,
      outputTokens: 7,
      requests: 2,
      startedAt: T0 + 3_000,
      lastSign: T0 + 9_000,
    };
    expect(v.calls).toMatchObject([{ ...facts, hint: 'try 2: lost' }]);
    expect(v).toMatchObject({ counts: { running: 1, queued: 0 }, usage: { outputTokens: 7, requests: 2 } });
    expect(v.phases[0]).toMatchObject({ title: 'Review', counts: { running: 1 } });
    expect(view.calls[0]?.state).toBe('queued');
  });

  test('a call that history knows to be over stays as it is', () => {
    const h = open();
    h.answer(4 + 1);
    const view = apply(new ViewBuilder('r'), 'r', h);
    expect(view.calls[0]?.state).toBe('done');
    expect(withLive(view, live([['agent:1', pendingActivity]])).calls).toEqual(view.calls);
  });

  test('an agent whose next turn waits for a worker still runs', () => {
    const h = new History().start();
    const id = h.add({
      type: 'childInitiated',
      workflowId: 'r/1',
      workflowType: 'agent',
      input: { address: 'agent:1' },
    });
    h.add({ type: 'childStarted', initiatedId: id });
    const view = apply(new ViewBuilder('r'), 'r', h);
    expect(withLive(view, live([['agent:1', { ...pendingActivity, state: 'queued' }]])).calls[0]?.state).toBe(
      'running',
    );
  });
});

describe('judgeWorker', () => {
  const now = T0;
  const never = () => false;

  test('a recent poll is a living worker', () => {
    expect(judgeWorker([{ identity: 'w', lastSeen: now - 1_000 }], null, now, never)).toEqual({
      alive: true,
      lastSeen: now,
      missingSince: null,
    });
  });

  test('no poller, or only silent ones, is none; since when is kept', () => {
    const first = judgeWorker([], null, now, never);
    expect(first).toEqual({ alive: false, lastSeen: null, missingSince: now });
    expect(judgeWorker([], first, now + 9_000, never).missingSince).toBe(now);
    const silent = now - WATCH.pollerMs - 1;
    expect(judgeWorker([{ identity: 'w', lastSeen: silent }], null, now, never)).toEqual({
      alive: false,
      lastSeen: silent,
      missingSince: now,
    });
  });

  test('a poller whose process is gone is dead at once, and one that is back ends the absence', () => {
    const pollers = [{ identity: 'old', lastSeen: now - 100 }];
    const lost = judgeWorker(pollers, { alive: true, lastSeen: now - 100, missingSince: null }, now, () => true);
    expect(lost).toEqual({ alive: false, lastSeen: now - 100, missingSince: now });
    const back = judgeWorker(
      [...pollers, { identity: 'new', lastSeen: now + 5 }],
      lost,
      now + 10,
      (id) => id === 'old',
    );
    expect(back).toMatchObject({ alive: true, missingSince: null });
  });

  test('only a process of this machine can be known to be gone', () => {
    expect(processIsGone(`${process.pid}@${hostname()}`)).toBe(false);
    expect(processIsGone(`999999999@${hostname()}`)).toBe(true);
    expect(processIsGone('999999999@another-host')).toBe(false);
    expect(processIsGone('worker-7')).toBe(false);
  });
});
