/** Numbers from few noisy rounds. Medians, because one stalled round must not decide. */
export interface Ratio {
  /** Median over the rounds of script ÷ bare, both of the same round. */
  median: number;
  least: number;
  most: number;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Pairs by round: what slowed the machine in a round slowed both of its sides. */
export function ratioOf(over: readonly number[], under: readonly number[]): Ratio {
  if (over.length !== under.length) throw new RangeError(`${over.length} values cannot be paired with ${under.length}`);
  const ratios = over.map((value, round) => value / (under[round] ?? Number.NaN));
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}
