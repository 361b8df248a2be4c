import type { PartFormat } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import { CONTEXT } from '../../protocol/limits.ts';
import type { GrepHit, GrepPattern, TextSource, TextSpan } from '../../protocol/text-source.ts';

const HIT_CHARS = 2_000;

/** A text source over a string: plain and slow, to test others against. */
export function memoryText(
  text: string,
  given: { name?: string; format?: PartFormat; marks?: { at: number; label: string }[] } = {},
): TextSource {
  const { name = 'context', format = 'text', marks = [] } = given;
  const starts = lineStarts(text);
  const lineEnd = (line: number): number =>
    (starts[line + 1] ?? (text.endsWith('\n') ? text.length : text.length + 1)) - 1;
  const source: TextSource = {
    name,
    format,
    marks,
    length: text.length,
    lines: starts.length,
    slice(start, end) {
      const piece = text.slice(Math.max(0, start), Math.max(0, end));
      if (piece.length <= CONTEXT.stringChars) return piece;
      throw new BraidError('BRAID_CONTEXT_TOO_LARGE', `${piece.length} characters are too many for one string.`);
    },
    indexOf: (needle, from) => text.indexOf(needle, from),
    lastIndexOf: (needle, from) => text.lastIndexOf(needle, from),
    count: (needle) => (needle === '' ? 0 : text.split(needle).length - 1),
    lineSpan(from, to) {
      const last = Math.min(to, starts.length);
      if (from >= last) return { start: text.length, end: text.length };
      return { start: starts[from] ?? 0, end: lineEnd(last - 1) };
    },
    grep: (pattern, { limit, around }) => grep(text, starts, lineEnd, regexOf(pattern), limit, around),
    chunks: (options) => chunks(text, starts, options),
    sample(count, seed) {
      const random = randomOf(seed);
      const strata = Math.min(count, starts.length);
      return Array.from({ length: strata }, (_, i) => {
        const from = Math.floor((i * starts.length) / strata);
        const line = from + Math.floor(random() * (Math.floor(((i + 1) * starts.length) / strata) - from));
        return { start: starts[line] ?? 0, end: lineEnd(line) };
      });
    },
    stats() {
      const lengths = starts.map((start, line) => lineEnd(line) - start);
      const sum = lengths.reduce((a, b) => a + b, 0);
      return {
        length: text.length,
        bytes: Buffer.byteLength(text),
        lines: starts.length,
        longestLine: lengths.reduce((longest, length) => Math.max(longest, length), 0),
        averageLine: starts.length === 0 ? 0 : Math.round((sum / starts.length) * 10) / 10,
        emptyLines: lengths.filter((length) => length === 0).length,
      };
    },
    view: (start, end) => memoryText(text.slice(start, end), { name, format }),
  };
  return source;
}

function lineStarts(text: string): number[] {
  const starts = text === '' ? [] : [0];
  for (let at = text.indexOf('\n'); at >= 0 && at + 1 < text.length; at = text.indexOf('\n', at + 1))
    starts.push(at + 1);
  return starts;
}

function regexOf(pattern: GrepPattern): RegExp {
  if ('text' in pattern) {
    const source = pattern.text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    return new RegExp(source === '' ? '(?!)' : source, pattern.ignoreCase ? 'gi' : 'g');
  }
  try {
    return new RegExp(pattern.source, pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`);
  } catch (error) {
    throw new BraidError('BRAID_OPTION', `The pattern does not compile: ${String(error)}`, { cause: error });
  }
}

function grep(
  text: string,
  starts: number[],
  lineEnd: (line: number) => number,
  regex: RegExp,
  limit: number,
  around: number,
): GrepHit[] {
  const hits: GrepHit[] = [];
  let line = 0;
  for (const found of text.matchAll(regex)) {
    if (hits.length >= limit) break;
    while ((starts[line + 1] ?? Infinity) <= found.index) line++;
    const first = starts[Math.max(0, line - around)] ?? 0;
    const lines = text.slice(first, lineEnd(Math.min(starts.length - 1, line + around)));
    const groups = found.slice(1).map((group: string | undefined) => group ?? null);
    hits.push({
      index: found.index,
      line,
      match: found[0],
      groups,
      text: cut(lines, found.index - first, found[0].length),
    });
  }
  return hits;
}

function cut(lines: string, at: number, length: number): string {
  if (lines.length <= HIT_CHARS) return lines;
  const room = Math.max(0, HIT_CHARS - length);
  const from = Math.max(0, Math.min(at - (room >> 1), lines.length - HIT_CHARS));
  return lines.slice(from, from + HIT_CHARS);
}

function chunks(
  text: string,
  starts: number[],
  { size, overlap, by }: Parameters<TextSource['chunks']>[0],
): TextSpan[] {
  const spans: TextSpan[] = [];
  if (by === 'lines') {
    for (let i = 0; i < starts.length; i += size - overlap) {
      spans.push({ start: starts[i] ?? 0, end: starts[i + size] ?? text.length });
      if (i + size >= starts.length) break;
    }
    return spans;
  }
  const headings = by === 'headings' ? [...text.matchAll(/^ {0,3}(?:#{1,6}[ \t]+\S.*)$/gm)] : [];
  const marks: { index: number; label?: string }[] = headings.map((found) => ({
    index: found.index,
    label: found[0].trim(),
  }));
  if (marks[0]?.index !== 0) marks.unshift({ index: 0 });
  marks.forEach(({ index, label }, i) => {
    const end = marks[i + 1]?.index ?? text.length;
    for (let from = index; from < end; from += size - overlap) {
      const span = { start: from, end: Math.min(end, from + size) };
      spans.push(label === undefined ? span : { ...span, label });
      if (span.end >= end) break;
    }
  });
  return spans;
}

/** Mulberry32, as the store's texts use it. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
