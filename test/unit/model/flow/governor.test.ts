import { describe, expect, it, vi } from 'vitest';
import { Governor } from '../../../../activities/model/flow/governor.ts';
import type { Hold, Need, Pass } from '../../../../activities/model/flow/pass.ts';
import { FLOW } from '../../../../protocol/limits.ts';
import { entry, passNow, storm, VirtualTime } from './simulate.ts';

const NO_HEADERS = new Headers();
const refused = (retryAfterMs: number | null = null, quota = false) =>
  ({ how: 'refused', retryAfterMs, message: 'slow down', quota }) as const;

function world(): { time: VirtualTime; governor: Governor; enter: (run?: string) => Promise<Pass | Hold> } {
  const time = new VirtualTime();
  const governor = new Governor(time);
  return { time, governor, enter: async (run) => governor.enter(entry(run)) };
}

/** Whether it is settled, and with what. */
function peek<T>(promise: Promise<T>): { value: T | undefined } {
  const seen: { value: T | undefined } = { value: undefined };
  void promise.then((value) => (seen.value = value));
  return seen;
}

function passOf(seen: { value: Pass | Hold | undefined } | undefined): Pass {
  if (seen?.value?.kind !== 'pass') throw new Error('no pass');
  return seen.value;
}

/** A request that was answered right away. */
function answered(governor: Governor): void {
  const pass = passNow(governor.enter(entry()));
  pass.began({ ok: true, headers: NO_HEADERS });
  pass.end({ how: 'answered' });
}

describe('G1: nothing learned', () => {
  it('passes at once, without promise, timer or a look at the request', () => {
    const { time, governor } = world();
    const need = vi.fn<() => Need>();
    for (let n = 0; n < 10_000; n += 1) {
      const pass = passNow(governor.enter(entry('a', { need })));
      pass.began({ ok: true, headers: NO_HEADERS });
      pass.end({ how: 'answered' });
    }
    expect(time.pending).toBe(0);
    expect(need).not.toHaveBeenCalled();
    expect(governor.width).toBeNull();
  });

  it('opens to 500 at once within seconds, also for a provider that answers late', async () => {
    const { ms, sent } = await storm({ latencyMs: () => 30_000 }, [{ run: 'a', calls: 500, window: 500 }]);
    expect(sent).toBe(500);
    expect(ms).toBeLessThan(32_500);
  });

  it('failures that tell nothing of limits change nothing', () => {
    const { governor } = world();
    for (let n = 0; n < 100; n += 1) passNow(governor.enter(entry())).end({ how: 'failed' });
    expect(governor.width).toBeNull();
    expect(governor.isIdle).toBe(true);
  });
});

describe('P1, P3: after a refusal', () => {
  it('nothing goes until the pause is over; then one asks, and its answer lets the others go', async () => {
    const { time, governor, enter } = world();
    passNow(governor.enter(entry())).end(refused(3_000));
    const waiting = [enter(), enter(), enter()].map(peek);
    await time.run(() => false, 2_999);
    expect(waiting.map(({ value }) => value)).toEqual([undefined, undefined, undefined]);
    await time.run(() => waiting[0]?.value !== undefined);
    expect(time.now()).toBe(3_000);
    const [probe, ...others] = waiting;
    expect(others.map(({ value }) => value)).toEqual([undefined, undefined]);
    passOf(probe).began({ ok: true, headers: NO_HEADERS });
    await time.run(() => others.every(({ value }) => value !== undefined), 3_000);
    expect(others).toMatchObject([{ value: { kind: 'pass' } }, { value: { kind: 'pass' } }]);
  });

  it('a silent provider took the request that asks', async () => {
    const { time, governor, enter } = world();
    passNow(governor.enter(entry())).end(refused(1_000));
    const waiting = [enter(), enter()].map(peek);
    await time.run(() => waiting[1]?.value !== undefined);
    expect(time.now()).toBeGreaterThanOrEqual(1_000 + FLOW.verdictMs);
  });

  it('without Retry-After the pause doubles with each request that is refused in turn', async () => {
    const { time, governor, enter } = world();
    passNow(governor.enter(entry())).end(refused());
    const pauses: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const from = time.now();
      const probe = peek(enter());
      await time.run(() => probe.value !== undefined);
      pauses.push(time.now() - from);
      (probe.value as Pass).end(refused());
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000]);
  });

  it('a Retry-After of nothing is not believed for ever', async () => {
    const { time, governor, enter } = world();
    let sent = 0;
    for (; time.now() < 60_000 && sent < 1_000; sent += 1) {
      const probe = peek(enter());
      await time.run(() => probe.value !== undefined);
      if (probe.value?.kind === 'hold') await Promise.race([time.sleep(probe.value.retryAfterMs), time.run()]);
      else probe.value?.end(refused(0));
    }
    expect(sent).toBeLessThan(20);
    expect(governor.isIdle).toBe(true);
  });

  it('P3: silence lets others go, but does not end the doubling', async () => {
    const { governor, time } = world();
    const order: number[] = [];
    const ask = async (): Promise<void> => {
      for (;;) {
        const leave = await governor.enter(entry());
        if (leave.kind === 'hold') {
          await time.sleep(leave.retryAfterMs);
          continue;
        }
        order.push(time.now());
        await time.sleep(2 * FLOW.verdictMs);
        leave.end(refused());
      }
    };
    for (let n = 0; n < 20; n += 1) void ask();
    await time.run(() => false, 120_000);
    // Of 20 that ask without end, few get through: at first a width of them, then one for each pause.
    expect(order.length).toBeLessThan(40);
  });

  it('a request that failed in between gives its turn to the next', async () => {
    const { time, governor, enter } = world();
    passNow(governor.enter(entry())).end(refused(1_000));
    const waiting = [enter(), enter()].map(peek);
    await time.run(() => waiting[0]?.value !== undefined);
    passOf(waiting[0]).end({ how: 'failed' });
    await time.run(() => waiting[1]?.value !== undefined, 1_000);
    expect(waiting[1]).toMatchObject({ value: { kind: 'pass' } });
  });
});

describe('G4: long waits', () => {
  it('are told at once, and nothing is sent', async () => {
    const { governor, enter } = world();
    passNow(governor.enter(entry())).end(refused(40_000));
    expect(await enter()).toEqual({
      kind: 'hold',
      retryAfterMs: 40_000,
      message: 'slow down',
      paced: true,
      quota: false,
    });
    expect(governor.isIdle).toBe(true);
  });

  it('reach those that wait already', async () => {
    const { time, governor, enter } = world();
    const [first, second] = [passNow(governor.enter(entry())), passNow(governor.enter(entry()))];
    first.end(refused(2_000));
    const waiting = peek(enter());
    second.end(refused(30_000));
    await time.run(() => waiting.value !== undefined, 0);
    expect(waiting.value).toMatchObject({ kind: 'hold', retryAfterMs: 30_000 });
  });

  it('count as told to slow down only while the provider takes nothing', async () => {
    const { time, governor, enter } = world();
    passNow(governor.enter(entry())).end(refused(60_000));
    for (let n = 1; n < FLOW.refusalsThatCount; n += 1) {
      expect(await enter()).toMatchObject({ kind: 'hold', paced: true });
      await Promise.all([time.sleep(60_000), time.run()]);
      passNow(governor.enter(entry())).end(refused(60_000));
    }
    expect(await enter()).toMatchObject({ kind: 'hold', paced: false });
  });

  it('a used-up budget is waited for, short or long', async () => {
    const { time, governor, enter } = world();
    const headers = (resetMs: number) =>
      new Headers({
        'x-ratelimit-limit-requests': '10',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': `${resetMs}ms`,
      });
    const pass = passNow(governor.enter(entry()));
    pass.began({ ok: true, headers: headers(4_000) });
    const waiting = peek(enter());
    await time.run(() => waiting.value !== undefined);
    expect([time.now(), waiting.value?.kind]).toEqual([4_000, 'pass']);
    (waiting.value as Pass).began({ ok: true, headers: headers(30_000) });
    expect(await enter()).toMatchObject({ kind: 'hold', paced: true, message: expect.stringContaining('10 requests') });
    expect(governor.width).toBeNull();
  });
});

describe('G5, G6', () => {
  it('runs are served in turn', async () => {
    const { time, governor } = world();
    passNow(governor.enter(entry())).end(refused(1_000));
    const order: string[] = [];
    const ask = async (run: string): Promise<void> => {
      const pass = (await governor.enter(entry(run))) as Pass;
      order.push(run);
      pass.began({ ok: true, headers: NO_HEADERS });
      await time.sleep(10);
      pass.end({ how: 'answered' });
    };
    const all = ['a', 'a', 'a', 'a', 'b', 'b', 'c'].map(ask);
    await time.run();
    await Promise.all(all);
    expect(order.join('')).toBe('abcabaa');
  });

  it('a request that is given up while it waits leaves no trace', async () => {
    const { time, governor } = world();
    passNow(governor.enter(entry())).end(refused(1_000));
    const controller = new AbortController();
    const waiting = Promise.resolve(governor.enter(entry('a', { signal: controller.signal })));
    controller.abort(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
    await expect(governor.enter(entry('a', { signal: controller.signal }))).rejects.toThrow('given up');
    await time.run();
    expect([governor.isIdle, time.pending]).toEqual([true, 0]);
  });

  it('a pass is given back once', () => {
    const { governor } = world();
    const pass = passNow(governor.enter(entry()));
    pass.end({ how: 'answered' });
    pass.end(refused());
    expect([governor.isIdle, governor.width]).toEqual([true, null]);
  });

  it('one run does not take all places of those who wait', async () => {
    const { governor, enter } = world();
    answered(governor);
    passNow(governor.enter(entry())).end(refused(5_000));
    for (let n = 0; n < FLOW.queuedPerRun; n += 1) void enter('wide');
    expect(await enter('wide')).toMatchObject({ kind: 'hold', paced: true });
    const other = peek(enter('small'));
    await Promise.resolve();
    expect(other.value).toBeUndefined();
  });
});

describe('no credit', () => {
  it('is told to all who wait, and asked about by one', async () => {
    const { time, governor, enter } = world();
    const [first, second] = [passNow(governor.enter(entry())), passNow(governor.enter(entry()))];
    first.end(refused(5_000));
    const waiting = [enter(), enter()].map(peek);
    second.end(refused(null, true));
    await time.run(() => waiting.every(({ value }) => value !== undefined), 0);
    expect(waiting).toMatchObject([{ value: { kind: 'hold', quota: true } }, { value: { kind: 'hold', quota: true } }]);
    const again = [enter(), enter(), enter()].map(peek);
    await time.run(() => again[0]?.value !== undefined);
    passOf(again[0]).end(refused(null, true));
    await time.run(() => again.every(({ value }) => value !== undefined), time.now());
    expect(again.map(({ value }) => value?.kind)).toEqual(['pass', 'hold', 'hold']);
  });
});

describe('a storm', () => {
  const budget = { requests: 100, windowMs: 3_000 };
  const latencyMs = (n: number) => 40 + ((n * 37) % 30);

  it.each([
    ['headers of budgets', { budget: true, retryAfter: true }],
    ['Retry-After', { retryAfter: true }],
    ['nothing', {}],
  ])('over a provider that tells %s loses nothing and sends few requests in vain', async (_name, tells) => {
    for (const window of [16, 40, 200]) {
      const result = await storm({ inFlight: 8, budget, tells, latencyMs }, [{ run: 'a', calls: 200, window }]);
      expect(result.answered).toBe(200);
      expect(result.sent).toBeLessThanOrEqual(220);
      expect(result.ms).toBeLessThan(9_000);
    }
  });

  it('over slow calls keeps the provider as busy as it allows', async () => {
    const { sent, ms } = await storm({ inFlight: 8, latencyMs: (n) => 4_000 + ((n * 997) % 2_000) }, [
      { run: 'a', calls: 400, window: 16 },
    ]);
    expect(sent).toBeLessThanOrEqual(420);
    expect(ms).toBeLessThan(1.3 * ((400 * 5_000) / 8));
  });

  it('of one run lets another finish as if alone', async () => {
    const provider = { inFlight: 8, latencyMs };
    const small = { run: 'small', calls: 3, window: 3, at: 1_000 };
    const alone = await storm(provider, [small]);
    const beside = await storm(provider, [{ run: 'wide', calls: 1_000, window: 100 }, small]);
    const took = (end: number | undefined): number => (end ?? Number.POSITIVE_INFINITY) - small.at;
    expect(took(beside.endOf.get('small'))).toBeLessThanOrEqual(2 * took(alone.endOf.get('small')) + 100);
  });
});
