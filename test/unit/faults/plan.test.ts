import { describe, expect, it } from 'vitest';
import { ALL_KINDS } from '../../../faults/kinds.ts';
import { optionsOf, commandFor } from '../../../faults/options.ts';
import { planRun } from '../../../faults/plan.ts';
import { diceOf } from '../../../faults/seeded.ts';

const plan = (seed: number, workload = 'rlm') => planRun({ seed, workload, requests: 40 });

describe('the plan of a run', () => {
  it('is that of its seed and workload', () => {
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)).not.toEqual(plan(8));
    expect(plan(7)).not.toEqual(plan(7, 'long'));
  });

  it('has 3 to 6 faults of different kinds, at different requests, in order', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const faults = plan(seed);
      const moments = faults.map(({ atRequest }) => atRequest);
      expect(faults.length).toBeGreaterThanOrEqual(3);
      expect(faults.length).toBeLessThanOrEqual(6);
      expect(new Set(faults.map(({ kind }) => kind)).size).toBe(faults.length);
      expect(new Set(moments).size).toBe(faults.length);
      expect(moments).toEqual(moments.toSorted((a, b) => a - b));
      expect(Math.min(...moments)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...moments)).toBeLessThanOrEqual(40);
    }
  });

  it('reaches every kind, and none that the workload has no use for', () => {
    const seen = (without: typeof ALL_KINDS) =>
      new Set(
        Array.from({ length: 100 }, (_, seed) => planRun({ seed, workload: 'long', requests: 40, without })).flatMap(
          (faults) => faults.map(({ kind }) => kind),
        ),
      );
    expect([...seen([])].toSorted()).toEqual(ALL_KINDS.toSorted());
    expect([...seen(['torn heap', 'worker frozen'])]).toHaveLength(ALL_KINDS.length - 2);
  });

  it('fits into a run of fewer requests than faults', () => {
    expect(planRun({ seed: 1, workload: 'tiny', requests: 2 })).toHaveLength(2);
  });
});

describe('the dice', () => {
  it('fall alike for the same words and stay within their bounds', () => {
    const rolls = (word: string) => {
      const dice = diceOf(word);
      return Array.from({ length: 500 }, () => dice.between(3, 6));
    };
    expect(rolls('a')).toEqual(rolls('a'));
    expect(rolls('a')).not.toEqual(rolls('b'));
    expect(new Set(rolls('a'))).toEqual(new Set([3, 4, 5, 6]));
    expect(() => diceOf('a').pick([])).toThrow('nothing to pick from');
  });
});

describe('options', () => {
  const known = ['rlm', 'long'];

  it('have defaults, and refuse what makes no sense by name', () => {
    expect(optionsOf([], known)).toEqual({
      faults: 60,
      seed: 1,
      workloads: known,
      minutes: null,
      worlds: 2,
      campaign: null,
      write: false,
    });
    expect(() => optionsOf(['--faults', '0'], known)).toThrow('--faults takes a whole number from 1 to 100000, not 0');
    expect(() => optionsOf(['--minutes', 'x'], known)).toThrow('--minutes');
    expect(() => optionsOf(['--workloads', 'rlm,nope'], known)).toThrow('there is no nope, only rlm, long');
  });

  it('of the command that repeats a run plan the same run', () => {
    const words = commandFor('long', 12).split(' -- ')[1]?.split(' ') ?? [];
    expect(optionsOf(words, known)).toMatchObject({ faults: 1, seed: 12, workloads: ['long'] });
  });
});
