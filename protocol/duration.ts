const UNITS: { [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `"90s"`, `"5m"`, `"1h30m"`, `"2 h"` as milliseconds; null for anything else, a bare number included: units are never guessed. */
export function parseDuration(text: string): number | null {
  const part = /\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)/y;
  const source = text.trim();
  let total = 0;
  while (part.lastIndex < source.length) {
    const match = part.exec(source);
    if (match === null) return null;
    total += Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN);
  }
  return source === '' ? null : total;
}
