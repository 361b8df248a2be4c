import { describe, expect, it } from 'vitest';
import { PaceMeter } from '../../../client/batch/pace.ts';
import { progressLine, renderBatch } from '../../../client/batch/render.ts';
import { NO_COUNTS } from '../../../protocol/batch.ts';
import { BATCH } from '../../../protocol/limits.ts';
import { NO_USAGE } from '../../../protocol/outcome.ts';

describe('the pace', () => {
  it('is that of the last stretch, and unknown until something has ended', () => {
    const meter = new PaceMeter(1_000);
    expect(meter.tell(0, 0)).toEqual({ rate: null, leftMs: null });
    expect(meter.tell(1_000, 0)).toEqual({ rate: null, leftMs: null });
    expect(meter.tell(10_000, 100)).toEqual({ rate: 10, leftMs: 90_000 });
    // A minute later it has become slower: what was before does not count any more.
    let last = meter.tell(20_000, 110);
    for (let at = 30_000; at <= 20_000 + 2 * BATCH.rateMs; at += 10_000) last = meter.tell(at, 100 + at / 2_000);
    expect(last.rate).toBeCloseTo(0.5, 1);
  });

  it('starts from what was there when the command came', () => {
    const meter = new PaceMeter(1_000);
    meter.tell(0, 900);
    expect(meter.tell(10_000, 950)).toEqual({ rate: 5, leftMs: 10_000 });
  });
});

describe('progress', () => {
  const counts = { ...NO_COUNTS, completed: 1_190, failed: 10 };

  it('is one line', () => {
    const pace = { rate: 24.13, leftMs: 365_000 };
    expect(progressLine({ total: 10_000, counts, running: 16, paused: false, pace })).toBe(
      '1,200 of 10,000 items (12 %) · 10 failed · 16 at work · 24.1 items/s · about 6m 05s left',
    );
    expect(progressLine({ total: 10_000, counts, running: null, paused: true, pace })).toBe(
      '1,200 of 10,000 items (12 %) · 10 failed · paused',
    );
  });

  it('of an ended batch names its results, its failures and the next command', () => {
    const lines = renderBatch(
      {
        ...{
          run: 'nightly',
          kind: 'batch',
          name: 'classify',
          status: 'completed_with_failures',
          total: 1_200,
          ended: 1_200,
        },
        ...{ counts, running: 0, usage: NO_USAGE, error: null, results: '/store/batches/nightly.jsonl' },
        failures: [{ item: 7, code: 'BRAID_ITEM_INVALID', message: 'line 7: it is no JSON\u001b[2J' }],
        ...{ startedAt: 0, endedAt: 65_000 },
      },
      { width: 100, color: false, now: 0, uiUrl: null },
    );
    expect(lines[0]).toBe('classify completed with failures in 1m 05s');
    expect(lines).toContain('  ✗ item 7: BRAID_ITEM_INVALID: line 7: it is no JSON');
    expect(lines).toContain('results: /store/batches/nightly.jsonl');
    expect(lines.at(-1)).toBe('next: braid batch SCRIPT --retry-failed nightly');
  });
});
