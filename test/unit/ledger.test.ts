/** The ledger's invariants L1 to L5 (workflows/ledger/ledger.ts) under any interleaving, and the window's N1 to N3. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  KINDS,
  mapKinds,
  nanoOf,
  NOTHING,
  type Amounts,
  type Kind,
  type Want,
} from '../../workflows/ledger/amounts.ts';
import { Ledger, type Caps, type LimitName, type Reservation } from '../../workflows/ledger/ledger.ts';
import { Window } from '../../workflows/ledger/window.ts';

type Step =
  | { kind: 'reserve'; want: Want }
  | { kind: 'settle'; which: number; share: number; unpriced: boolean }
  | { kind: 'replay'; spend: { inputTokens: number; outputTokens: number; usd: number } }
  | { kind: 'raise'; caps: Partial<Caps> }
  | { kind: 'call' };

const amount = (max: number) => fc.integer({ min: 1, max });
/** Input tokens cannot be cut down, nor what they cost. */
const want: fc.Arbitrary<Want> = fc
  .record({
    requests: amount(4),
    inputTokens: amount(600),
    outputTokens: amount(900),
    rate: fc.integer({ min: 0, max: 5_000 }),
  })
  .map(({ requests, inputTokens, outputTokens, rate }) => ({
    ...{ requests, inputTokens, outputTokens, usd: rate * (inputTokens + outputTokens) },
    least: { requests: 1, inputTokens, outputTokens: 1, usd: rate * (inputTokens + 1) },
  }));
const cap = (max: number) => fc.option(amount(max), { nil: null });
const caps = fc.record({
  maxCalls: amount(20),
  maxRequests: cap(12),
  maxInputTokens: cap(2_000),
  maxOutputTokens: cap(3_000),
  maxUsd: fc.option(
    fc.integer({ min: 1, max: 20_000 }).map((micro) => micro / 1e6),
    { nil: null },
  ),
  maxTimeMs: fc.constant(null),
});
const settling = {
  kind: fc.constant('settle' as const),
  which: fc.nat(50),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  unpriced: fc.boolean(),
};
const spending: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('reserve' as const), want }),
  fc.record(settling),
  fc.record({ kind: fc.constant('call' as const) }),
);
const anything: fc.Arbitrary<Step> = fc.oneof(
  spending,
  fc.record({
    kind: fc.constant('replay' as const),
    spend: fc.record({
      inputTokens: fc.nat(400),
      outputTokens: fc.nat(400),
      usd: fc.nat(900).map((micro) => micro / 1e6),
    }),
  }),
  fc.record({ kind: fc.constant('raise' as const), caps }),
);
const spend = (outputTokens: number) => ({ inputTokens: 1, outputTokens, usd: 0 });
const NO_CAPS: Caps = { maxCalls: 1 };
const LIMIT_OF: { [kind in Kind]: LimitName } = {
  requests: 'maxRequests',
  inputTokens: 'maxInputTokens',
  outputTokens: 'maxOutputTokens',
  usd: 'maxUsd',
};

/** What a ledger allows of a kind, in its own unit. */
function limitOf(ledger: Ledger, kind: Kind): number {
  const limit = ledger.limitOf(LIMIT_OF[kind]);
  return limit === null ? Infinity : kind === 'usd' ? nanoOf(limit) : limit;
}

/** Runs steps against a ledger beside plain sums, and lets `check` look after each. */
class Model {
  readonly ledger: Ledger;
  readonly open: Reservation[] = [];
  /** Paid and replayed. */
  spent: Amounts = NOTHING;
  calls = 0;
  replayed = 0;

  constructor(limits: Caps) {
    this.ledger = new Ledger(limits);
  }

  step(one: Step): void {
    const { ledger } = this;
    if (one.kind === 'call') this.calls += ledger.admitCall() === null ? 1 : 0;
    else if (one.kind === 'raise') ledger.raise(one.caps);
    else if (one.kind === 'reserve') this.reserve(one.want);
    else if (one.kind === 'replay') {
      ledger.chargeReplayed(one.spend);
      this.replayed += 1;
      this.add({ requests: 0, ...one.spend, usd: nanoOf(one.spend.usd) });
    } else this.settle(one);
  }

  private reserve(wanted: Want): void {
    const { ledger } = this;
    const answer = ledger.reserve(wanted);
    if (answer.kind === 'granted') {
      this.open.push(answer.reservation);
      for (const kind of KINDS) {
        // L3: cut down, but never below its least.
        expect(answer.reservation[kind]).toBeLessThanOrEqual(wanted[kind]);
        expect(answer.reservation[kind]).toBeGreaterThanOrEqual(wanted.least[kind]);
      }
      return;
    }
    // L3: nobody waits when no refund can come, and nobody is refused while one may.
    const lacking = KINDS.find((kind) => this.lacks(kind, wanted)) as Kind;
    expect(lacking).toBeDefined();
    expect(answer).toEqual(
      ledger.reserved[lacking] > 0 ? { kind: 'wait' } : { kind: 'refused', limit: LIMIT_OF[lacking] },
    );
  }

  private lacks(kind: Kind, wanted: Want): boolean {
    const free = Math.max(0, limitOf(this.ledger, kind) - this.spent[kind] - this.ledger.reserved[kind]);
    return free < wanted.least[kind] || (free < wanted[kind] && kind !== 'requests' && this.ledger.reserved[kind] > 0);
  }

  private settle({ which, share, unpriced }: Extract<Step, { kind: 'settle' }>): void {
    const [reservation] = this.open.splice(which % Math.max(1, this.open.length), 1);
    if (reservation === undefined) return;
    const used = mapKinds((kind) => Math.round(reservation[kind] * share));
    const { requests, inputTokens, outputTokens, usd } = used;
    // L4: a price that nobody knows is charged as it was reserved.
    const nanoUsd = unpriced ? reservation.usd : usd;
    const cost = unpriced ? { usd: null } : { usd: usd / 1e9 };
    this.ledger.settle(reservation, {
      requests,
      spend: { inputTokens, outputTokens, ...cost },
      ...(unpriced ? { nanoUsd } : {}),
    });
    this.add({ ...used, usd: nanoUsd });
  }

  private add(used: Amounts): void {
    this.spent = mapKinds((kind) => this.spent[kind] + used[kind]);
  }

  /** The books say what happened. */
  balanced(): void {
    const { calls, requests, replayedCalls, reserved, spend: told } = this.ledger;
    expect({ calls, requests, replayedCalls }).toEqual({
      calls: this.calls,
      requests: this.spent.requests,
      replayedCalls: this.replayed,
    });
    expect([told.inputTokens, told.outputTokens]).toEqual([this.spent.inputTokens, this.spent.outputTokens]);
    if (told.usd !== null) expect(nanoOf(told.usd)).toBe(this.spent.usd);
    const outstanding = mapKinds((kind) => this.open.reduce((sum, reservation) => sum + reservation[kind], 0));
    expect(reserved).toEqual(outstanding);
  }
}

describe('the ledger', () => {
  it('L1: spent and reserved never exceed a limit; L2: totals are the sum of what was settled', () => {
    fc.assert(
      fc.property(caps, fc.array(spending, { maxLength: 120 }), (limits, steps) => {
        const model = new Model(limits);
        for (const one of steps) {
          model.step(one);
          model.balanced();
          expect(model.ledger.calls).toBeLessThanOrEqual(limits.maxCalls);
          for (const kind of KINDS)
            expect(model.spent[kind] + model.ledger.reserved[kind]).toBeLessThanOrEqual(limitOf(model.ledger, kind));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('L4, L5: what was replayed and lower limits change no books, and nothing new is granted above a limit', () => {
    fc.assert(
      fc.property(caps, fc.array(anything, { maxLength: 120 }), (limits, steps) => {
        const model = new Model(limits);
        for (const one of steps) {
          const before = model.open.length;
          model.step(one);
          model.balanced();
          if (model.open.length <= before) continue;
          // What was replayed may be above a limit already: a request that wants nothing of that kind may be sent all the same.
          const granted = model.open.at(-1) as Amounts;
          for (const kind of KINDS.filter((name) => granted[name] > 0))
            expect(model.spent[kind] + model.ledger.reserved[kind]).toBeLessThanOrEqual(limitOf(model.ledger, kind));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('the same steps give the same books', () => {
    fc.assert(
      fc.property(caps, fc.array(anything, { maxLength: 80 }), (limits, steps) => {
        const [first, second] = [new Model(limits), new Model(limits)];
        for (const one of steps) first.step(one);
        for (const one of steps) second.step(one);
        expect(second.ledger.state).toEqual(first.ledger.state);
        expect(second.open).toEqual(first.open);
      }),
      { numRuns: 100 },
    );
  });

  it('a continued execution has the same books', () => {
    fc.assert(
      fc.property(caps, fc.array(anything, { maxLength: 60 }), (limits, steps) => {
        const model = new Model(limits);
        for (const one of steps) model.step(one);
        const next = new Ledger(NO_CAPS);
        next.raise(model.ledger.limits);
        next.continueFrom(JSON.parse(JSON.stringify(model.ledger.state)));
        expect(next.state).toEqual(model.ledger.state);
        expect(next.limits).toEqual(model.ledger.limits);
        expect([next.newSpend, next.replayed]).toEqual([model.ledger.newSpend, model.ledger.replayed]);
      }),
      { numRuns: 100 },
    );
  });

  const some = (outputTokens: number): Want => ({
    ...{ requests: 1, inputTokens: 0, outputTokens, usd: 0 },
    least: { requests: 1, inputTokens: 0, outputTokens: 1, usd: 0 },
  });

  it('L2: settling twice is an error', () => {
    const ledger = new Ledger({ maxCalls: 1, maxRequests: 5 });
    const answer = ledger.reserve(some(10));
    if (answer.kind !== 'granted') throw new Error('refused');
    ledger.settle(answer.reservation, { requests: 1, spend: spend(3) });
    expect(() => ledger.settle(answer.reservation, { requests: 1, spend: spend(3) })).toThrow(/L2/);
  });

  it('L4: usage above a reservation is charged in full', () => {
    const ledger = new Ledger({ maxCalls: 1, maxOutputTokens: 100 });
    const answer = ledger.reserve(some(40));
    if (answer.kind !== 'granted') throw new Error('refused');
    ledger.settle(answer.reservation, { requests: 1, spend: spend(150) });
    expect(ledger.spend.outputTokens).toBe(150);
    expect(ledger.reserve(some(1))).toEqual({ kind: 'refused', limit: 'maxOutputTokens' });
  });

  it('an unknown price makes the sum unknown for good, and is charged all the same', () => {
    const ledger = new Ledger({ maxCalls: 1, maxUsd: 3 });
    ledger.charge({ requests: 1, spend: { inputTokens: 1, outputTokens: 1, usd: null }, nanoUsd: 2.5e9 });
    ledger.charge({ requests: 1, spend: { inputTokens: 1, outputTokens: 1, usd: 0.25 } });
    expect(ledger.spend.usd).toBe(null);
    const dear = { ...some(1), usd: 0.3e9, least: { ...NOTHING, usd: 0.3e9 } };
    expect(ledger.reserve(dear)).toEqual({ kind: 'refused', limit: 'maxUsd' });
  });

  it('sums of money are exact', () => {
    const ledger = new Ledger(NO_CAPS);
    for (let n = 0; n < 10; n += 1)
      ledger.charge({ requests: 1, spend: { inputTokens: 1, outputTokens: 1, usd: 0.1 } });
    expect(ledger.spend.usd).toBe(1);
    ledger.charge({ requests: 1, spend: { inputTokens: 37, outputTokens: 0, usd: 37 * 0.02e-6 } });
    expect(ledger.spend.usd).toBe(1.000_000_74);
  });

  it('what was replayed counts for budgets and not as new', () => {
    const ledger = new Ledger({ maxCalls: 9, maxOutputTokens: 10 });
    ledger.charge({ requests: 1, spend: { inputTokens: 1, outputTokens: 4, usd: 0.5 } });
    ledger.chargeReplayed({ inputTokens: 2, outputTokens: 9, usd: null }, 3);
    expect(ledger.spend).toEqual({ inputTokens: 3, outputTokens: 13, usd: null });
    expect(ledger.newSpend).toEqual({ inputTokens: 1, outputTokens: 4, usd: 0.5 });
    expect([ledger.requests, ledger.replayedCalls]).toEqual([1, 3]);
    expect(ledger.reserve(some(1))).toEqual({ kind: 'refused', limit: 'maxOutputTokens' });
  });

  it('a raised limit opens what was closed, but another one does not', () => {
    const ledger = new Ledger({ maxCalls: 1, maxTimeMs: 100 });
    ledger.admitCall();
    expect(ledger.admitCall()).toBe('maxCalls');
    ledger.raise({ maxCalls: 2 });
    expect(ledger.admitCall()).toBe(null);
    ledger.close('maxTimeMs');
    ledger.raise({ maxCalls: 9 });
    expect(ledger.admitCall()).toBe('maxTimeMs');
    ledger.raise({ maxTimeMs: 200 });
    expect(ledger.admitCall()).toBe(null);
  });

  it('L5: a limit below what is spent refuses, and waits for what is out', () => {
    const ledger = new Ledger({ maxCalls: 9, maxOutputTokens: 1_000 });
    const first = ledger.reserve(some(600));
    if (first.kind !== 'granted') throw new Error('refused');
    ledger.raise({ maxOutputTokens: 100, maxCalls: 0 });
    expect(ledger.reserve(some(1))).toEqual({ kind: 'wait' });
    expect(ledger.admitCall()).toBe('maxCalls');
    ledger.settle(first.reservation, { requests: 1, spend: spend(500) });
    expect(ledger.reserve(some(1))).toEqual({ kind: 'refused', limit: 'maxOutputTokens' });
    expect(ledger.reserved).toEqual(NOTHING);
    ledger.raise({ maxOutputTokens: 501 });
    expect(ledger.reserve(some(50))).toMatchObject({ kind: 'granted', reservation: { outputTokens: 1 } });
  });

  it('tells which limits are nearly used up, replayed spending included', () => {
    const ledger = new Ledger({
      maxCalls: 10,
      maxRequests: 5,
      maxInputTokens: 100,
      maxOutputTokens: 100,
      maxUsd: 1,
      maxTimeMs: 1_000,
    });
    for (let n = 0; n < 8; n += 1) ledger.admitCall();
    ledger.charge({ requests: 3, spend: { inputTokens: 50, outputTokens: 79, usd: 0.1 } });
    ledger.chargeReplayed({ inputTokens: 30, outputTokens: 0, usd: 0.7 });
    const near = (ms: number) => ledger.nearLimits(0.8, ms).map(({ name }) => name);
    expect(near(799)).toEqual(['maxCalls', 'maxInputTokens', 'maxUsd']);
    expect(near(800)).toEqual(['maxCalls', 'maxInputTokens', 'maxUsd', 'maxTimeMs']);
  });
});

describe('the window', () => {
  it('N1, N2: slots are given in order, never more than the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.constantFrom('ask', 'end', 'slow', 'fine'), { maxLength: 200 }),
        (size, steps) => {
          const window = new Window(size);
          const started: number[] = [];
          let asked = 0;
          for (const what of steps) {
            if (what === 'ask') {
              const mine = asked++;
              window.request(() => started.push(mine));
            } else if (what === 'end' && window.inFlight > 0) window.release();
            else if (what === 'slow') window.shrink();
            else window.grow();
            expect(window.inFlight).toBeLessThanOrEqual(size);
          }
          expect(started).toEqual(started.toSorted((a, b) => a - b));
          while (window.inFlight > 0) window.release();
          expect(started).toHaveLength(asked);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('N3: a paused window gives no slot; resuming gives them in order', () => {
    const window = new Window(2);
    const started: number[] = [];
    window.pause();
    for (const i of [1, 2, 3]) window.request(() => started.push(i));
    expect(started).toEqual([]);
    window.resume();
    expect(started).toEqual([1, 2]);
  });
});
