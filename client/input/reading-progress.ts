import { MIB, WATCH } from '../../protocol/limits.ts';

/** Says how far the reading of a large context is: nothing for what is read in a moment. `total` is null when nobody knows. */
export function readingProgress(say: (line: string) => void, now: () => number = Date.now) {
  let told = now();
  return ({ bytes, total }: { bytes: number; total: number | null }): void => {
    if (now() - told < WATCH.readingMs) return;
    told = now();
    const of = total === null ? '' : ` of ${Math.ceil(total / MIB)}`;
    say(`Reading the context: ${Math.floor(bytes / MIB)}${of} MiB.`);
  };
}
