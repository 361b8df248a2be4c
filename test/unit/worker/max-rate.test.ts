import { describe, expect, it } from 'vitest';
import { maxRate } from '../../../worker/max-rate.ts';

const of = (text?: string) => maxRate(text === undefined ? {} : { BRAID_MAX_REQUESTS_PER_SECOND: text });

describe('BRAID_MAX_REQUESTS_PER_SECOND', () => {
  it.each([undefined, '', '  '])('%j sets no rate', (text) => {
    expect(of(text)).toEqual({});
  });

  it.each([
    ['20', 20],
    [' 0.5 ', 0.5],
  ])('%j is a rate', (text, rate) => {
    expect(of(text)).toEqual({ maxTaskQueueActivitiesPerSecond: rate });
  });

  it.each(['0', '-1', 'NaN', 'Infinity', 'many', '1e9', '20/s'])('%j is an error with its fix', (text) => {
    expect(() => of(text)).toThrow(
      expect.objectContaining({ code: 'BRAID_CONFIG', fix: expect.stringContaining('unset') }),
    );
  });
});
