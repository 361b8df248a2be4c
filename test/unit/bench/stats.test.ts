import { describe, expect, it } from 'vitest';
import { median, ratioOf } from '../../../bench/stats.ts';

describe('statistics of a bench', () => {
  it('takes the middle of an odd number of values, and the mean of the two middles of an even one', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 100])).toBe(3.5);
    expect(() => median([])).toThrow(RangeError);
  });

  it('pairs the rounds, so a round in which everything was slow does not move the ratio', () => {
    const bare = [100, 1000, 100];
    const script = [110, 1100, 120];
    expect(ratioOf(script, bare)).toEqual({ median: 1.1, least: 1.1, most: 1.2 });
    expect(() => ratioOf([1], [1, 2])).toThrow(RangeError);
  });
});
