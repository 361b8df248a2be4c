import { describe, expect, it } from 'vitest';
import { Width } from '../../../../activities/model/flow/width.ts';
import { FLOW } from '../../../../protocol/limits.ts';

function filled(width: Width): number[] {
  const sent: number[] = [];
  while (!width.isFull) sent.push(width.send());
  return sent;
}

/** All that is in flight is answered, and as many are sent again: `times` full widths. */
function work(width: Width, times: number, now = 0): void {
  for (let round = 0; round < times; round += 1) {
    for (let count = filled(width).length + width.inFlight; count > 0 && width.inFlight > 0; count -= 1) {
      width.end();
      width.answered(now);
    }
  }
}

/** A width that learned from its first requests, of which so many were taken. */
function learned(taken: number, now = 0): Width {
  const width = new Width();
  const sent = filled(width);
  for (const number of sent.slice(taken)) {
    width.refused(number, now);
    width.end();
  }
  return width;
}

describe('the width', () => {
  it('V1: grows with what is taken, and doubles when nothing was refused for a while', () => {
    const width = new Width();
    for (const _ of filled(width)) width.took();
    expect(width.limit).toBe(2 * FLOW.firstWidth);
    filled(width);
    width.tookAll();
    expect(width.limit).toBe(4 * FLOW.firstWidth);
    expect(width.learned).toBe(false);
  });

  it('V1: does not grow while it is not used', () => {
    const width = new Width();
    for (let n = 0; n < 100; n += 1) {
      width.send();
      width.took();
      width.end();
      width.answered(n);
    }
    expect(width.limit).toBe(FLOW.firstWidth);
  });

  it('V2: halves once for all refusals of a round trip', () => {
    const width = learned(8);
    expect(width.limit).toBe(8);
    expect(width.inFlight).toBe(8);
  });

  it.each([1, 3, 5, 12])('V3: comes to rest at the %i that were taken, and stays there for a while', (taken) => {
    const width = learned(taken);
    expect(width.limit).toBeLessThanOrEqual(taken);
    work(width, 100, FLOW.holdMs - 1);
    expect(width.limit).toBe(taken);
  });

  it('V3: tries one more after the while; a refusal there doubles it', () => {
    const width = learned(8);
    work(width, 2, FLOW.holdMs);
    expect(width.limit).toBeGreaterThan(8);
    const last = filled(width).at(-1) ?? 0;
    const [size, now] = [width.inFlight, FLOW.holdMs];
    width.refused(last, now);
    width.end();
    expect(width.limit).toBe(Math.floor(size / 2));
    work(width, 100, now + 2 * FLOW.holdMs - 1);
    expect(width.limit).toBe(size - 1);
  });

  it('V4: a round trip of which nothing was taken leaves no ceiling', () => {
    const width = learned(0);
    expect(width.limit).toBe(FLOW.firstWidth / 2);
    work(width, 60);
    expect(width.limit).toBeGreaterThan(FLOW.firstWidth);
  });

  it('V4: a request refused alone changes nothing but that something was refused', () => {
    const width = new Width();
    width.refused(width.send(), 0);
    expect(width).toMatchObject({ learned: true, limit: FLOW.firstWidth });
  });

  it('never falls below one', () => {
    const width = new Width();
    for (let n = 0; n < 50; n += 1) {
      const sent = [...filled(width), width.send()];
      for (const number of sent) {
        width.refused(number, n);
        width.end();
      }
      expect(width.limit).toBeGreaterThanOrEqual(1);
    }
  });
});
