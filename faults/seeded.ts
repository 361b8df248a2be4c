/** Numbers that a seed decides: the same seed plans the same faults, on any machine. */
import { createHash } from 'node:crypto';

export interface Dice {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  /** One of a list that is not empty. */
  pick<T>(from: readonly T[]): T;
  /** As many of a list, each at most once, in an order of the dice's own. */
  some<T>(from: readonly T[], count: number): T[];
}

/** Mulberry32 over a hash of the words. */
export function diceOf(...words: readonly (string | number)[]): Dice {
  let state = createHash('sha256').update(JSON.stringify(words)).digest().readUInt32LE(0);
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const some = <T>(from: readonly T[], count: number): T[] => {
    const left = [...from];
    const taken: T[] = [];
    while (left.length > 0 && taken.length < count) taken.push(...left.splice(between(0, left.length - 1), 1));
    return taken;
  };
  return {
    next,
    between,
    some,
    pick: (from) => {
      const [one] = some(from, 1);
      if (one === undefined) throw new RangeError('nothing to pick from');
      return one;
    },
  };
}
