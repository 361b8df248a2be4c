/** A stored text answers as the plain string does, whatever chunks it lies in (U1, Q1, Q2, M1, M2). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredText } from '../../../store/contexts/reader.ts';
import { tempStore } from '../workspace/kit.ts';
import { stored } from './kit.ts';

/** Few characters, so that needles are found: of one to four bytes, with line ends and a mark that looks like a BOM. */
const ALPHABET = [
  'a',
  'b',
  'A',
  '\n',
  '\r\n',
  ' ',
  '#',
  'é',
  'ß',
  '–',
  '日',
  '\ufeff',
  '😀',
  '𝒳',
  '\0',
  'ab\n',
  '# h\n',
];
const texts = fc.array(fc.constantFrom(...ALPHABET), { maxLength: 60 }).map((parts) => parts.join(''));
const needles = fc.oneof(
  fc
    .array(fc.constantFrom('a', 'b', '\n', 'é', '日', '😀'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('')),
  fc.constantFrom('\ud83d', '\ude00', '\ude00a', 'a\ud83d', 'aaa', 'aba', ''),
);
const places = fc.integer({ min: -3, max: 90 });
const sizes = fc.integer({ min: 4, max: 40 });

function property(check: (text: string, source: StoredText, [a, b]: [number, number], needle: string) => void) {
  return async () => {
    const store = tempStore();
    await fc.assert(
      fc.asyncProperty(texts, sizes, fc.tuple(places, places), needles, async (text, chunkBytes, range, needle) => {
        check(text, await stored(store, text, { chunkBytes }), range, needle);
      }),
      { numRuns: 100 },
    );
  };
}

test(
  'length, slice',
  property((text, source, [a, b]) => {
    expect(source.length).toBe(text.length);
    const [from, to] = [Math.max(0, a), Math.max(0, b)];
    expect(source.slice(a, b)).toBe(text.slice(from, to));
    expect(source.slice(0, source.length)).toBe(text);
  }),
);

test(
  'indexOf, lastIndexOf, count',
  property((text, source, [from], needle) => {
    expect(source.indexOf(needle, from)).toBe(text.indexOf(needle, from));
    expect(source.lastIndexOf(needle, from)).toBe(text.lastIndexOf(needle, from));
    expect(source.count(needle)).toBe(needle === '' ? 0 : text.split(needle).length - 1);
    for (const byte of ['a', '\n', '\0']) expect(source.count(byte)).toBe(text.split(byte).length - 1);
  }),
);

test(
  'lines and their spans',
  property((text, source, [a, b]) => {
    const lines = linesOf(text);
    expect(source.lines).toBe(lines.length);
    const { start, end } = source.lineSpan(a, b);
    const [from, to] = [Math.max(0, a), Math.max(0, b)];
    expect(source.slice(start, end)).toBe(lines.slice(from, to).join('\n'));
  }),
);

test(
  'a view is a text of its own',
  property((text, source, [a, b], needle) => {
    const [from, to] = [Math.max(0, Math.min(a, b)), Math.max(0, a, b)];
    const part = text.slice(from, to);
    const view = source.view(from, to);
    expect(view.slice(0, view.length)).toBe(part);
    expect(view.lines).toBe(linesOf(part).length);
    expect(view.indexOf(needle, 0)).toBe(part.indexOf(needle));
    expect(view.lastIndexOf(needle, Infinity)).toBe(part.lastIndexOf(needle));
    expect(view.count(needle)).toBe(needle === '' ? 0 : part.split(needle).length - 1);
    expect(view.bytes).toBe(Buffer.byteLength(part));
    expect(view.view(1, 5).slice(0, 9)).toBe(part.slice(1, 5));
    expect(view.grep({ source: '^.', flags: '' }, { limit: 9, around: 0 }).map((hit) => hit.index)).toEqual(
      /^./.test(part) ? [0] : [],
    );
  }),
);

test(
  'stats',
  property((text, source) => {
    const lengths = linesOf(text).map((line) => line.length);
    expect(source.stats()).toEqual({
      length: text.length,
      bytes: Buffer.byteLength(text),
      lines: lengths.length,
      longestLine: Math.max(0, ...lengths),
      averageLine:
        lengths.length === 0 ? 0 : Math.round((10 * lengths.reduce((a, b) => a + b, 0)) / lengths.length) / 10,
      emptyLines: lengths.filter((length) => length === 0).length,
    });
  }),
);

test.each([
  [{ source: 'a+|😀', flags: '' }],
  [{ source: '^.*$', flags: 'm' }],
  [{ source: '^a|b$', flags: '' }],
  [{ source: '(a)|(日)', flags: 'gy' }],
  [{ source: '.', flags: 'su' }],
  [{ source: '', flags: 'u' }],
  [{ source: '(?<=\\n)\\S', flags: '' }],
  [{ source: '\\s+', flags: 'd' }],
  [{ text: 'A', ignoreCase: true }],
  [{ text: 'ab', ignoreCase: false }],
])('grep %j', async (pattern) => {
  const regex =
    'text' in pattern
      ? new RegExp(pattern.text, pattern.ignoreCase ? 'gi' : 'g')
      : new RegExp(pattern.source, `${pattern.flags.replace(/[dgy]/g, '')}g`);
  await property((text, source) => {
    const hits = source.grep(pattern, { limit: Infinity, around: 0 });
    const found = [...text.matchAll(regex)];
    expect(hits.map(({ index, match, groups }) => ({ index, match, groups }))).toEqual(
      found.map((match) => ({
        index: match.index,
        match: match[0],
        groups: match.slice(1).map((group) => group ?? null),
      })),
    );
    for (const { index, line, text: shown } of hits) {
      expect(line).toBe(text.slice(0, index).split('\n').length - 1);
      expect(shown).toBe(text.split('\n')[line]);
    }
  })();
});

test(
  'chunks cover the text; lines and characters stay whole',
  property((text, source, [a, b]) => {
    const size = Math.max(1, a);
    const overlap = Math.max(0, Math.min(size - 1, b));
    const chars = source.chunks({ size, overlap, by: 'chars' });
    expect(joined(source, chars)).toBe(text);
    for (const { start, end } of chars) {
      expect(end - start).toBeLessThanOrEqual(size + 1);
      expect(text.slice(start, end).isWellFormed()).toBe(true);
    }
    const lines = source.chunks({ size, overlap, by: 'lines' });
    expect(joined(source, lines)).toBe(text);
    for (const { start, end } of lines) {
      expect(linesOf(text.slice(start, end)).length).toBeLessThanOrEqual(size);
      expect(start === 0 || text[start - 1] === '\n').toBe(true);
    }
    expect(joined(source, source.chunks({ size, overlap, by: 'headings' }))).toBe(text);
  }),
);

test(
  'a sample is of whole lines, in order, and depends on its seed alone',
  property((text, source, [a, seed]) => {
    const count = Math.max(0, a);
    const spans = source.sample(count, seed);
    const lines = linesOf(text);
    expect(spans.length).toBe(Math.min(count, lines.length));
    expect(source.sample(count, seed)).toEqual(spans);
    expect(spans.map(({ start, end }) => text.slice(start, end)).every((line) => lines.includes(line))).toBe(true);
    expect(spans.toSorted((x, y) => x.start - y.start)).toEqual(spans);
  }),
);

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The text that ranges cover when each begins where the last one ended, or before. */
function joined(source: StoredText, spans: { start: number; end: number }[]): string {
  let text = '';
  for (const { start, end } of spans) {
    if (start > text.length || end <= text.length) throw new Error('ranges leave a gap or give nothing new');
    text += source.slice(text.length, end);
  }
  return text;
}
