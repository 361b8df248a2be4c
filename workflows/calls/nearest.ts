import { closest, distance } from 'fastest-levenshtein';

/** The name that was probably meant: two letters off, or a third of them. Null when none is; a far one would only mislead. */
export function nearest(name: string, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const best = closest(name, names);
  return distance(name, best) <= Math.max(2, Math.floor(name.length / 3)) ? best : null;
}
