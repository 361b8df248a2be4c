import { describe, expect, it } from 'vitest';
import { Budget } from '../../../../activities/model/flow/budget.ts';
import { readBudgets } from '../../../../activities/model/flow/rate-headers.ts';
import { FLOW } from '../../../../protocol/limits.ts';

const told = (remaining: number, resetMs: number, now = 0, limit: number | null = 60): Budget => {
  const budget = new Budget();
  budget.learn({ limit, remaining, resetMs }, now);
  return budget;
};

describe('a budget', () => {
  it('U1: of which nothing is known lets everything pass', () => {
    expect(new Budget().waitFor(1e9, 0)).toBe(0);
  });

  it('U2: counts what is underway', () => {
    const budget = told(2, 30_000);
    budget.send(1);
    expect(budget.waitFor(1, 0)).toBe(0);
    budget.send(1);
    expect(budget.waitFor(1, 0)).toBe(FLOW.verdictMs);
    budget.answered(1);
    budget.learn({ limit: 60, remaining: 0, resetMs: 29_000 }, 1_000);
    expect(budget.waitFor(1, 1_000)).toBe(29_000);
  });

  it('U2: the lowest reading counts, whatever their order', () => {
    const budget = told(1, 30_000);
    budget.learn({ limit: 60, remaining: 5, resetMs: 30_000 }, 0);
    expect(budget.waitFor(2, 0)).toBeGreaterThan(0);
  });

  it('U3: is full at the reset', () => {
    const budget = told(0, 20_000);
    expect(budget.waitFor(1, 5_000)).toBe(15_000);
    expect(budget.waitFor(60, 20_000)).toBe(0);
    for (let n = 0; n < 60; n += 1) budget.send(1);
    expect(budget.waitFor(1, 20_000)).toBeGreaterThan(0);
  });

  it('U3: refills before it when it showed that it does', () => {
    const steady = new Budget();
    // 60 a minute: one comes back each second.
    for (const used of [1, 3, 8, 20, 60]) steady.learn({ limit: 60, remaining: 60 - used, resetMs: used * 1_000 }, 0);
    expect(steady.waitFor(1, 0)).toBe(1_000);
    expect(steady.waitFor(1, 1_000)).toBe(0);
    expect(steady.waitFor(10, 1_000)).toBe(9_000);
  });

  it('U3: a window that ends at a fixed time never looks like one that refills', () => {
    for (const perSecond of [0.5, 1, 3, 20]) {
      const fixed = new Budget();
      for (let used = 1; used <= 60; used += 1) {
        const now = (used / perSecond) * 1_000;
        if (now < 60_000) fixed.learn({ limit: 60, remaining: 60 - used, resetMs: 60_000 - now }, now);
      }
      fixed.learn({ limit: 60, remaining: 0, resetMs: 1_000 }, 59_000);
      expect(fixed.waitFor(1, 59_000)).toBe(1_000);
    }
  });

  it('asks for no more than there can be', () => {
    const budget = told(100, 1_000, 0, 100);
    expect(budget.waitFor(5_000, 0)).toBe(0);
  });

  it('U4: a reset far away is asked about after a while, by one request', () => {
    const budget = told(0, 24 * 3_600_000);
    expect(budget.waitFor(1, 0)).toBe(FLOW.beliefMs);
    expect(budget.waitFor(1_000, FLOW.beliefMs)).toBe(0);
    budget.send(1_000);
    expect(budget.waitFor(1, FLOW.beliefMs)).toBe(FLOW.beliefMs);
  });

  it('U4: headers that say "nothing left" for ever are not believed for ever', () => {
    const budget = told(0, 10_000);
    for (let round = 1; round <= FLOW.lies; round += 1) {
      const now = round * 20_000;
      expect(budget.waitFor(1, now)).toBe(0);
      budget.send(1);
      budget.answered(1);
      budget.learn({ limit: 60, remaining: 0, resetMs: 10_000 }, now);
    }
    expect(budget.waitFor(1, 50_000)).toBe(0);
    expect(budget.waitFor(1, 50_001)).toBe(0);
  });
});

describe('headers', () => {
  const read = (headers: Record<string, string>, now = 0) =>
    Object.fromEntries(readBudgets(new Headers(headers), now) ?? []);

  it('of OpenAI', () => {
    expect(
      read({
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-limit-tokens': '150000',
        'x-ratelimit-remaining-tokens': '149984',
        'x-ratelimit-reset-tokens': '6m0s',
      }),
    ).toEqual({
      requests: { limit: 60, remaining: 59, resetMs: 1_000 },
      tokens: { limit: 150_000, remaining: 149_984, resetMs: 360_000 },
    });
  });

  it('of Anthropic', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(
      read(
        {
          'anthropic-ratelimit-input-tokens-limit': '40000',
          'anthropic-ratelimit-input-tokens-remaining': '0',
          'anthropic-ratelimit-input-tokens-reset': '2026-01-01T00:00:30Z',
        },
        now,
      ),
    ).toEqual({ 'input-tokens': { limit: 40_000, remaining: 0, resetMs: 30_000 } });
  });

  it.each([
    ['negative', { remaining: '-1', reset: '10s' }],
    ['no number', { remaining: 'NaN', reset: '10s' }],
    ['infinite', { remaining: 'Infinity', reset: '10s' }],
    ['huge', { remaining: '1e300', reset: '10s' }],
    ['empty', { remaining: '', reset: '10s' }],
    ['above its limit', { remaining: '61', reset: '10s' }],
    ['without a reset', { remaining: '0' }],
    ['with a reset that is no time', { remaining: '0', reset: 'soon' }],
    ['with a negative reset', { remaining: '0', reset: '-5' }],
    ['with a date in the past', { remaining: '0', reset: '2001-01-01T00:00:00Z' }],
  ])('that are %s are no reading', (_name, parts) => {
    const headers = Object.entries(parts).map(([what, value]) => [`x-ratelimit-${what}-requests`, value]);
    expect(read({ 'x-ratelimit-limit-requests': '60', ...Object.fromEntries(headers) }, Date.now())).toEqual({});
  });
});
