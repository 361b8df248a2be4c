import type { TextStats } from '../../protocol/text-source.ts';
import type { PartText } from './part-text.ts';

/** What only a look at every line of [start, end) can tell. */
export function statsOf(
  text: PartText,
  start: number,
  end: number,
): Pick<TextStats, 'longestLine' | 'averageLine' | 'emptyLines'> {
  let [longest, empty, lines, chars] = [0, 0, 0, 0];
  let lineStart = start;
  const line = (length: number) => {
    lines += 1;
    chars += length;
    if (length === 0) empty += 1;
    if (length > longest) longest = length;
  };
  for (let i = end > start ? text.at.chunkOf(start) : text.at.count; i < text.at.count; i++) {
    const base = text.at.unitAt[i] ?? 0;
    if (base >= end) break;
    for (const feed of text.feedsOf(i)) {
      if (base + feed < start || base + feed >= end) continue;
      line(base + feed - lineStart);
      lineStart = base + feed + 1;
    }
  }
  if (lineStart < end) line(end - lineStart);
  return {
    longestLine: longest,
    averageLine: lines === 0 ? 0 : Math.round((chars / lines) * 10) / 10,
    emptyLines: empty,
  };
}
