import { BraidError } from '../../protocol/errors.ts';
import { CONTEXT } from '../../protocol/limits.ts';
import type { GrepHit, GrepPattern } from '../../protocol/text-source.ts';
import { matchesOf, type Match } from './matches.ts';
import type { PartText } from './part-text.ts';
import type { RangeLines } from './range-lines.ts';

interface GrepRange {
  text: PartText;
  lines: RangeLines;
  start: number;
  end: number;
}

/** Hits with their lines; places count from the start of the range. Errors: BRAID_OPTION, BRAID_CONTEXT_TOO_LARGE. */
export function grep(
  range: GrepRange,
  pattern: GrepPattern,
  { limit, around }: { limit: number; around: number },
): GrepHit[] {
  const hits: GrepHit[] = [];
  let chars = 0;
  if (limit < 1) return hits;
  for (const match of matchesOf(range.text, pattern, range.start, range.end)) {
    const hit = hitOf(range, match, around);
    chars += hit.match.length + hit.text.length + hit.groups.reduce((sum, group) => sum + (group?.length ?? 0), 0);
    if (chars > CONTEXT.stringChars) throw tooMuch(hits.length);
    hits.push(hit);
    if (hits.length >= limit) break;
  }
  return hits;
}

function hitOf({ text, lines, start }: GrepRange, { index, match, groups }: Match, around: number): GrepHit {
  const line = lines.lineOf(index);
  const shown = lines.span(line - around, line + around + 1);
  const spare = Math.max(0, CONTEXT.hitChars - match.length);
  const from = Math.max(shown.start, Math.min(index - (spare >> 1), shown.end - CONTEXT.hitChars));
  const to = Math.min(shown.end, from + CONTEXT.hitChars);
  return { index: index - start, line, match, groups, text: text.slice(from, to) };
}

function tooMuch(hits: number): BraidError {
  const message = `The hits of grep are too much text: the first ${hits.toLocaleString('en')} fill ${CONTEXT.stringChars.toLocaleString('en')} characters.`;
  return new BraidError('BRAID_CONTEXT_TOO_LARGE', message, {
    fix: 'Give a smaller limit, or a pattern that matches less.',
  });
}
