/** Ways to cut a range of a part into pieces. All places are the part's. */
import { BraidError } from '../../protocol/errors.ts';
import { CONTEXT } from '../../protocol/limits.ts';
import type { TextSpan } from '../../protocol/text-source.ts';
import type { Mark } from './headings.ts';
import type { PartText } from './part-text.ts';
import type { RangeLines } from './range-lines.ts';

export interface Cut {
  size: number;
  overlap: number;
}

/** Errors: BRAID_OPTION for a size below 1, an overlap that does not leave anything new, and too many pieces. */
export function checkCut({ size, overlap }: Cut): Cut {
  if (!Number.isSafeInteger(size) || size < 1) throw wrong(`size is ${size}; it must be a whole number of at least 1`);
  if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap >= size) {
    throw wrong(`overlap is ${overlap}; it must be a whole number from 0 to size - 1 (${size - 1})`);
  }
  return { size, overlap };
}

/** Pieces of `size` units, one more where the cut would split a surrogate pair. */
export function cutChars(text: PartText, start: number, end: number, cut: Cut, spans: TextSpan[] = []): TextSpan[] {
  checkNumber(spans.length + (end - start) / (cut.size - cut.overlap), cut);
  for (let from = start; from < end;) {
    const cutAt = Math.min(end, from + cut.size);
    const to = cutAt < end && text.splitsPair(cutAt) ? cutAt + 1 : cutAt;
    spans.push({ start: from, end: to });
    if (to >= end) break;
    const next = to - cut.overlap;
    // A pair belongs to the overlap as a whole, unless the next piece would bring nothing new then.
    const whole = cut.size - cut.overlap > 1 ? next - 1 : next + 1;
    from = text.splitsPair(next) ? whole : next;
  }
  return spans;
}

/** Pieces of `size` lines, with all their line feeds. */
export function cutLines(lines: RangeLines, cut: Cut): TextSpan[] {
  const { size, overlap } = cut;
  checkNumber(lines.count / (size - overlap), cut);
  const spans: TextSpan[] = [];
  for (let line = 0; line < lines.count; line += size - overlap) {
    spans.push({ start: lines.startOf(line), end: lines.startOf(line + size) });
    if (line + size >= lines.count) break;
  }
  return spans;
}

/** Pieces that begin at marks; what is longer than `size` is cut further. */
export function cutMarks(text: PartText, start: number, end: number, marks: readonly Mark[], cut: Cut): TextSpan[] {
  const spans: TextSpan[] = [];
  const inside = marks.filter(({ at }) => at >= start && at < end);
  const starts: { at: number; label?: string }[] = inside[0]?.at === start ? inside : [{ at: start }, ...inside];
  starts.forEach(({ at, label }, i) => {
    const from = spans.length;
    cutChars(text, at, starts[i + 1]?.at ?? end, cut, spans);
    if (label !== undefined) for (const span of spans.slice(from)) span.label = label;
  });
  return spans;
}

/** Whole lines, one from each of `count` equal parts, at a place that `seed` decides. */
export function sampleLines(lines: RangeLines, count: number, seed: number): TextSpan[] {
  if (!Number.isSafeInteger(count) || count < 0) throw wrong(`the number of samples is ${count}`, 'sample');
  checkNumber(count, { size: 1, overlap: 0 });
  const strata = Math.min(count, lines.count);
  const random = randomOf(seed);
  return Array.from({ length: strata }, (_, i) => {
    const from = Math.floor((i * lines.count) / strata);
    const to = Math.floor(((i + 1) * lines.count) / strata);
    const line = from + Math.floor(random() * (to - from));
    return lines.span(line, line + 1);
  });
}

function checkNumber(pieces: number, { size, overlap }: Cut): void {
  if (pieces <= CONTEXT.spans) return;
  const [found, limit] = [Math.ceil(pieces), CONTEXT.spans].map((number) => number.toLocaleString('en'));
  throw wrong(`${found} pieces (size ${size}, overlap ${overlap}) are too many (${limit})`);
}

function wrong(what: string, name = 'chunks'): BraidError {
  return new BraidError('BRAID_OPTION', `${name}: ${what}.`);
}

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
