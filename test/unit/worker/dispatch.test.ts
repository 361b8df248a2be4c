import { describe, expect, it } from 'vitest';
import { dispatchOptions } from '../../../worker/dispatch.ts';

const of = (text?: string) => dispatchOptions(text === undefined ? {} : { BRAID_MAX_REQUESTS_PER_SECOND: text });

describe('BRAID_MAX_REQUESTS_PER_SECOND', () => {
  it.each([undefined, '', '  '])('%j sets no rate: calls come with the workflow task that asked for them', (text) => {
    expect(of(text)).toEqual({ maxEagerActivityReservationsPerWorkflowTask: 500 });
  });

  it.each([
    ['20', 20],
    [' 0.5 ', 0.5],
  ])('%j is a rate, which nothing may go past', (text, rate) => {
    expect(of(text)).toEqual({
      maxTaskQueueActivitiesPerSecond: rate,
      maxEagerActivityReservationsPerWorkflowTask: 0,
    });
  });

  it.each(['0', '-1', 'NaN', 'Infinity', 'many', '1e9', '20/s'])('%j is an error with its fix', (text) => {
    expect(() => of(text)).toThrow(
      expect.objectContaining({ code: 'BRAID_CONFIG', fix: expect.stringContaining('unset') }),
    );
  });
});
