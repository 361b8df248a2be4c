/** What the property tests of text-source.test.ts do not reach: windows of regular expressions, limits, wrong arguments. */
import { describe, expect, test } from 'vitest';
import { CONTEXT } from '../../../protocol/limits.ts';
import { ingestText } from '../../../store/contexts/ingest.ts';
import { matchesOf } from '../../../store/contexts/matches.ts';
import { PartBytes } from '../../../store/contexts/part-bytes.ts';
import { PartText } from '../../../store/contexts/part-text.ts';
import { shareContext } from '../../../store/contexts/shared.ts';
import { tempStore } from '../workspace/kit.ts';
import { stored } from './kit.ts';

async function partText(text: string, chunkBytes: number): Promise<PartText> {
  const store = tempStore();
  const part = await ingestText(store, text, { chunkBytes });
  return new PartText(new PartBytes(shareContext({ v: 1, kind: 'text', parts: [part] }), 0, store.home));
}

describe('M1, M2: a search in small windows finds what one in the whole text finds', () => {
  const text = 'ab\ncab 😀 abc\nérab\n\nab'.repeat(30);
  test.each([
    ['ab', 'g'],
    ['^.{2}', 'gm'],
    ['^ab', 'g'],
    ['ab$', 'g'],
    ['b$', 'gm'],
    ['b\\nc', 'g'],
    ['(?<=\\n)\\w+', 'g'],
    ['\\bab\\b', 'g'],
    ['.', 'gsu'],
    ['', 'gu'],
    ['$', 'g'],
    ['[^]{20}', 'g'],
  ])('/%s/%s', async (source, flags) => {
    const part = await partText(text, 11);
    const all = [...text.matchAll(new RegExp(source, flags))].map((match) => [match.index, match[0]]);
    for (const window of [1, 7, 32, 500]) {
      const found = matchesOf(part, { source, flags }, 0, text.length, { window, match: 40 });
      expect([...found].map(({ index, match }) => [index, match])).toEqual(all);
    }
  });
});

test.each([
  ['(', ''],
  ['a', 'x'],
  ['a', 'gg'.concat('ii')],
  ['\\p{Nope}', 'u'],
])('/%s/%s is refused as an option', async (source, flags) => {
  const text = await stored(tempStore(), 'a');
  expect(() => text.grep({ source, flags }, { limit: 1, around: 0 })).toThrow(
    expect.objectContaining({ code: 'BRAID_OPTION' }),
  );
});

test('a literal is taken literally, also without regard to case', async () => {
  const text = await stored(tempStore(), 'a.c abc A.C [x]+ [X]+');
  const places = (pattern: { text: string; ignoreCase: boolean }) =>
    text.grep(pattern, { limit: 9, around: 0 }).map((hit) => hit.index);
  expect(places({ text: 'a.c', ignoreCase: false })).toEqual([0]);
  expect(places({ text: 'a.c', ignoreCase: true })).toEqual([0, 8]);
  expect(places({ text: '[x]+', ignoreCase: true })).toEqual([12, 17]);
  expect(places({ text: '', ignoreCase: false })).toEqual([]);
});

test('a hit comes with the lines around it, cut around the match when they are long', async () => {
  const lines = Array.from({ length: 10 }, (_, i) => `line ${i}`);
  const text = await stored(tempStore(), lines.join('\n'));
  const [hit] = text.grep({ text: '5', ignoreCase: false }, { limit: 1, around: 2 });
  expect(hit).toMatchObject({ line: 5, text: lines.slice(3, 8).join('\n') });
  const long = await stored(tempStore(), `${'x'.repeat(9_000)}NEEDLE${'y'.repeat(9_000)}`);
  const [cut] = long.grep({ text: 'NEEDLE', ignoreCase: false }, { limit: 1, around: 3 });
  expect(cut?.text).toHaveLength(CONTEXT.hitChars);
  expect(cut?.text).toMatch(/^x{997}NEEDLEy{997}$/);
});

test('a limit ends the search', async () => {
  const text = await stored(tempStore(), 'a'.repeat(1_000));
  expect(text.grep({ source: 'a', flags: '' }, { limit: 3, around: 0 })).toHaveLength(3);
  expect(text.grep({ source: 'a', flags: '' }, { limit: 0, around: 0 })).toEqual([]);
});

test('hits that are too much text, and strings that are too long, are errors', async () => {
  const text = await stored(tempStore(), 'a'.repeat(CONTEXT.stringChars + 1));
  for (const act of [
    () => text.slice(0, Infinity),
    () => text.grep({ source: 'a{1000}', flags: '' }, { limit: 1e6, around: 0 }),
  ]) {
    expect(act).toThrow(expect.objectContaining({ code: 'BRAID_CONTEXT_TOO_LARGE' }));
  }
  expect(text.slice(1, Infinity)).toHaveLength(CONTEXT.stringChars);
});

test.each([
  { size: 0, overlap: 0 },
  { size: 1.5, overlap: 0 },
  { size: NaN, overlap: 0 },
  { size: 5, overlap: 5 },
  { size: 5, overlap: -1 },
  { size: 1, overlap: 0 },
])('chunks of %j are refused', async (sizes) => {
  const text = await stored(tempStore(), 'x\n'.repeat(CONTEXT.spans + 1));
  for (const by of ['chars', 'lines', 'headings'] as const) {
    expect(() => text.chunks({ ...sizes, by })).toThrow(expect.objectContaining({ code: 'BRAID_OPTION' }));
  }
});

test('large pieces beyond ASCII come whole, from any place of a chunk', async () => {
  const text = Array.from({ length: 30_000 }, (_, i) => `${i} é日😀\n`).join('');
  const source = await stored(tempStore(), text, { chunkBytes: 300_000 });
  for (const [start, end] of [
    [0, 100],
    [20_001, 20_777],
    [95_000, 95_003],
    [1, 200_000],
    [text.length - 5_000, text.length],
  ] as const) {
    expect(source.slice(start, end)).toBe(text.slice(start, end));
    expect(source.view(start, end).bytes).toBe(Buffer.byteLength(text.slice(start, end)));
  }
});
