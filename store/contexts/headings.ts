import { CONTEXT } from '../../protocol/limits.ts';
import type { PartText } from './part-text.ts';
import { matchesOf } from './matches.ts';

export interface Mark {
  at: number;
  label: string;
}

/** A heading with `#`, or the fence of a code block, in which `#` begins a comment. */
const LINE = '^ {0,3}(?:#{1,6}[ \\t]+\\S.*|`{3,}.*|~{3,}.*)$';
const LABEL = 200;

/** The Markdown headings of [start, end), outside of code blocks. At most {@link CONTEXT.spans}. */
export function headingsOf(text: PartText, start: number, end: number): Mark[] {
  const marks: Mark[] = [];
  let fence = '';
  for (const { index, match } of matchesOf(text, { source: LINE, flags: 'm' }, start, end)) {
    const line = match.trim();
    const [ticks = ''] = /^(?:`{3,}|~{3,})/.exec(line) ?? [];
    if (ticks === '') {
      if (fence === '') marks.push({ at: index, label: line.slice(0, LABEL) });
    } else if (fence === '') {
      fence = ticks;
    } else if (line.startsWith(fence) && line.replaceAll(fence[0] ?? '', '') === '') {
      fence = '';
    }
    if (marks.length >= CONTEXT.spans) break;
  }
  return marks;
}
