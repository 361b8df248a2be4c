import { describe, expect, it } from 'vitest';
import { judge, type Counted, type Ran } from '../../../faults/judge.ts';
import { faultTable, workloadTable } from '../../../faults/table.ts';
import { isClean, Tally } from '../../../faults/tally.ts';
import { NO_USAGE, type RunResult } from '../../../protocol/outcome.ts';

const NO_FAULTS = { excuses: [], faults: [] };

function asked(keys: string, at = 0): Counted[] {
  return keys.split('').map((key, index) => ({ key, at: at + index, prompt: `prompt ${key}`, body: {} }));
}

function ran(keys: string, more: Partial<RunResult> = {}): Ran {
  const usage = { ...NO_USAGE, calls: 3, requests: keys.length };
  const result: RunResult = {
    ...{
      run: 'r',
      status: 'completed',
      value: { a: 1 },
      error: null,
      usage,
      outcomes: [],
      startedAt: null,
      endedAt: null,
    },
    ...more,
  };
  return { result, requests: asked(keys) };
}

const TWIN = ran('abcc');

describe('the verdict', () => {
  it('of a run that is like its twin is clean, in whatever order it asked', () => {
    const verdict = judge(TWIN, ran('cacb'), NO_FAULTS);
    expect(verdict).toEqual({ lost: [], wrong: [], inFlight: [], beyond: [] });
    expect(isClean(verdict)).toBe(true);
  });

  it('J1: a run is lost when it did not end, failed, gave a partial answer, or lost a call', () => {
    const lost = (run: Ran) => judge(TWIN, run, NO_FAULTS).lost;
    expect(lost({ result: null, requests: [] })).toEqual(['it did not end in time']);
    expect(lost(ran('abcc', { status: 'failed' }))).toHaveLength(1);
    expect(lost(ran('abcc', { partial: 'crash loop' }))).toEqual(['its answer is partial: crash loop']);
    const usage = { ...NO_USAGE, calls: 3, requests: 4, failed: 1 };
    expect(lost(ran('abcc', { usage }))).toEqual(['1 calls failed, 0 were refused']);
  });

  it('J2: a run is wrong when value, counts or requests differ', () => {
    const wrong = (run: Ran) => judge(TWIN, run, NO_FAULTS).wrong;
    expect(wrong(ran('abcc', { value: { a: 2 } }))).toEqual(['its value is {"a":2} instead of {"a":1}']);
    expect(wrong(ran('abcc', { usage: { ...NO_USAGE, calls: 4, requests: 4 } }))).toEqual([
      'it counts 4 calls instead of 3',
    ]);
    expect(wrong(ran('abcc', { usage: { ...NO_USAGE, calls: 3, requests: 3 } }))).toEqual([
      'it counts 3 requests, its twin 4',
    ]);
    expect(wrong(ran('abccx'))).toEqual(['its twin never asked prompt x']);
    expect(wrong({ ...ran('abcc'), requests: asked('abc') })).toEqual(['it never asked prompt c']);
  });

  it('J3: an excuse serves for one repeat of its request, and for no other', () => {
    const excuses = [
      { key: 'a', kind: 'worker killed' as const },
      { key: 'b', kind: 'provider: 500' as const },
    ];
    const faults = [{ kind: 'server killed' as const, at: 4 }];
    const verdict = judge(TWIN, ran('abccabac'), { excuses, faults });
    expect(verdict.inFlight).toEqual(['worker killed', 'provider: 500']);
    expect(verdict.beyond).toEqual([
      { after: 'server killed', prompt: 'prompt a' },
      { after: 'server killed', prompt: 'prompt c' },
    ]);
    expect(judge(TWIN, ran('aabcc'), NO_FAULTS).beyond).toEqual([{ after: null, prompt: 'prompt a' }]);
  });
});

describe('the table', () => {
  it('counts a failed run at each of its faults, and once in the last line', () => {
    const tally = new Tally();
    const clean = { lost: [], wrong: [], inFlight: ['worker killed' as const], beyond: [] };
    tally.add('rlm', 40, ['worker killed', 'provider: 429'], clean);
    tally.add('rlm', 41, ['worker killed', 'torn heap'], {
      ...clean,
      lost: ['x', 'y'],
      beyond: [{ after: 'torn heap', prompt: 'p' }],
    });
    expect(tally.totals).toEqual({ runs: 2, faults: 4, requests: 81, lost: 1, wrong: 0, inFlight: 2, beyond: 1 });
    const cells = (text: string, start: string) =>
      text
        .split('\n')
        .find((line) => line.startsWith(`| ${start}`))
        ?.split('|')
        .slice(2, -1)
        .map((cell) => cell.trim());
    const faults = faultTable(tally);
    expect(cells(faults, 'worker killed')).toEqual(['2', '1', '1', '0', '2', '0']);
    expect(cells(faults, 'torn heap')).toEqual(['1', '0', '1', '0', '0', '1']);
    expect(cells(faults, '**all**')).toEqual(['4', '2', '1 runs', '0 runs', '2', '1']);
    expect(cells(workloadTable(tally), 'rlm')).toEqual(['2', '4', '81', '1', '0', '2', '1']);
  });
});
