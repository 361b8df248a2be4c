/** The ledger's invariants L1 to L4 (workflows/ledger/ledger.ts) under any interleaving, and the window's N1 to N3. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger, type Reservation } from '../../workflows/ledger/ledger.ts';
import { Window } from '../../workflows/ledger/window.ts';

type Step =
  | { kind: 'reserve'; requests: number; tokens: number }
  | { kind: 'settle'; which: number; share: number }
  | { kind: 'call' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('reserve' as const),
    requests: fc.integer({ min: 1, max: 4 }),
    tokens: fc.integer({ min: 1, max: 900 }),
  }),
  fc.record({
    kind: fc.constant('settle' as const),
    which: fc.nat(50),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({ kind: fc.constant('call' as const) }),
);
const caps = fc.record({
  maxCalls: fc.integer({ min: 1, max: 20 }),
  maxRequests: fc.option(fc.integer({ min: 1, max: 12 }), { nil: null }),
  maxOutputTokens: fc.option(fc.integer({ min: 1, max: 3_000 }), { nil: null }),
  maxTimeMs: fc.constant(null),
});
const spend = (outputTokens: number) => ({ inputTokens: 1, outputTokens, usd: 0 });

describe('the ledger', () => {
  it('L1: spent and reserved never exceed a limit; L2: totals are the sum of what was settled', () => {
    fc.assert(
      fc.property(caps, fc.array(step, { maxLength: 120 }), (limits, steps) => {
        const ledger = new Ledger(limits);
        const open: Reservation[] = [];
        let requests = 0;
        let tokens = 0;
        for (const one of steps) {
          if (one.kind === 'call') ledger.admitCall();
          else if (one.kind === 'reserve') {
            const answer = ledger.reserve({ requests: one.requests, outputTokens: one.tokens });
            if (answer.kind === 'granted') open.push(answer.reservation);
            // L3: nobody waits when no refund can come, and nobody is refused while one may.
            else expect(answer.kind === 'wait').toBe(waitMakesSense(ledger, limits));
          } else {
            const [reservation] = open.splice(one.which % Math.max(1, open.length), 1);
            if (reservation === undefined) continue;
            const used = {
              requests: Math.round(reservation.requests * one.share),
              tokens: Math.round(reservation.outputTokens * one.share),
            };
            ledger.settle(reservation, { requests: used.requests, spend: spend(used.tokens) });
            requests += used.requests;
            tokens += used.tokens;
          }
          expect(ledger.calls).toBeLessThanOrEqual(limits.maxCalls);
          expect(ledger.requests + ledger.reserved.requests).toBeLessThanOrEqual(limits.maxRequests ?? Infinity);
          expect(ledger.spend.outputTokens + ledger.reserved.outputTokens).toBeLessThanOrEqual(
            limits.maxOutputTokens ?? Infinity,
          );
          expect([ledger.requests, ledger.spend.outputTokens]).toEqual([requests, tokens]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('L2: settling twice is an error', () => {
    const ledger = new Ledger({ maxCalls: 1, maxRequests: 5, maxOutputTokens: null, maxTimeMs: null });
    const answer = ledger.reserve({ requests: 2, outputTokens: 10 });
    if (answer.kind !== 'granted') throw new Error('refused');
    ledger.settle(answer.reservation, { requests: 1, spend: spend(3) });
    expect(() => ledger.settle(answer.reservation, { requests: 1, spend: spend(3) })).toThrow(/L2/);
  });

  it('L4: usage above a reservation is charged in full', () => {
    const ledger = new Ledger({ maxCalls: 1, maxRequests: null, maxOutputTokens: 100, maxTimeMs: null });
    const answer = ledger.reserve({ requests: 1, outputTokens: 40 });
    if (answer.kind !== 'granted') throw new Error('refused');
    ledger.settle(answer.reservation, { requests: 1, spend: spend(150) });
    expect(ledger.spend.outputTokens).toBe(150);
    expect(ledger.reserve({ requests: 1, outputTokens: 1 })).toEqual({ kind: 'refused', limit: 'maxOutputTokens' });
  });

  it('an unknown price makes the sum unknown for good', () => {
    const ledger = new Ledger({ maxCalls: 1, maxRequests: null, maxOutputTokens: null, maxTimeMs: null });
    ledger.charge({ requests: 1, spend: { inputTokens: 1, outputTokens: 1, usd: null } });
    ledger.charge({ requests: 1, spend: { inputTokens: 1, outputTokens: 1, usd: 1 } });
    expect(ledger.spend.usd).toBe(null);
  });

  it('a raised limit opens a closed ledger', () => {
    const ledger = new Ledger({ maxCalls: 1, maxRequests: null, maxOutputTokens: null, maxTimeMs: null });
    ledger.admitCall();
    expect(ledger.admitCall()).toBe('maxCalls');
    ledger.raise({ maxCalls: 2 });
    expect(ledger.admitCall()).toBe(null);
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

function waitMakesSense(ledger: Ledger, limits: { maxRequests: number | null }): boolean {
  const requestsGone = limits.maxRequests !== null && ledger.requests + ledger.reserved.requests >= limits.maxRequests;
  return requestsGone ? ledger.reserved.requests > 0 : ledger.reserved.outputTokens > 0;
}
