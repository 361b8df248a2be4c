import { describe, expect, it } from 'vitest';
import { belowSpent, limitChangeOf } from '../../../client/limit-change.ts';
import { SETTING_BOUNDS } from '../../../protocol/limits.ts';
import { refusal } from '../input/kit.ts';
import { viewOf } from '../render/views.ts';

describe('limitChangeOf', () => {
  it('takes numbers as the other commands do', () => {
    const flags = { maxCalls: '5_000', maxRequests: '7', maxOutputTokens: '8', maxInputTokens: '9', maxUsd: '2.50' };
    expect(limitChangeOf(flags)).toEqual({
      maxCalls: 5_000,
      maxRequests: 7,
      maxOutputTokens: 8,
      maxInputTokens: 9,
      maxUsd: 2.5,
    });
    expect(limitChangeOf({ maxRequests: '1' })).toEqual({ maxRequests: 1 });
  });

  it.each([
    [{}, /--max-calls, --max-requests, --max-output-tokens, --max-input-tokens, --max-usd/],
    [{ maxCalls: '0' }, /below 1/],
    [{ maxCalls: '-3' }, /below 1/],
    [{ maxCalls: '1.5' }, /whole number/],
    [{ maxCalls: 'many' }, /no number/],
    [{ maxCalls: String(SETTING_BOUNDS.maxCalls.max + 1) }, /above/],
    [{ maxUsd: '-1' }, /below/],
    [{ maxRequests: 'none' }, /--max-requests needs a number/],
  ])('refuses %j', async (flags, message) => {
    const error = await refusal(() => limitChangeOf(flags));
    expect(error.code).toBe('BRAID_USAGE');
    expect(error.message).toMatch(message);
  });
});

describe('a limit below what is spent', () => {
  const usage = {
    calls: 12,
    requests: 30,
    replayed: 0,
    failed: 0,
    refused: 0,
    inputTokens: 900,
    outputTokens: 100,
    usd: null,
  };
  const view = (onLimit: 'stop' | 'pause') => {
    const { limits } = viewOf([]);
    return { usage, limits: limits === null ? null : { ...limits, onLimit } };
  };

  it('is told with what happens then', () => {
    expect(belowSpent({ maxCalls: 5, maxRequests: 31 }, view('stop'))).toEqual([
      expect.stringMatching(/^--max-calls 5 is below the 12 .*goes on to a partial result\.$/),
    ]);
    expect(belowSpent({ maxInputTokens: 900 }, view('pause'))).toEqual([
      expect.stringMatching(/^--max-input-tokens 900 is what the run has used: .*waits for a higher one\.$/),
    ]);
  });

  it('is nothing to tell when the cost is not known, or when it is higher', () => {
    expect(belowSpent({ maxUsd: 0.01, maxCalls: 13 }, view('stop'))).toEqual([]);
  });
});
