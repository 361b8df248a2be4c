/** Journals as blobs: parts of bounded size, whole and in order. */
import { expect, test } from 'vitest';
import { readIndex } from '../../../histories/journal/blobs.ts';
import { JOURNAL, KIB } from '../../../protocol/limits.ts';
import { Events, key, said, World } from './world.ts';

async function written(texts: string[]) {
  const world = new World();
  const events = new Events('script');
  texts.forEach((text, i) => events.ask(key(`a${i}-`), said(text)));
  world.runs.set('run', events);
  const journal = await world.open('run');
  const index = await readIndex(world.blobs, journal);
  const parts = await Promise.all((index.nodes[''] ?? []).map((part) => world.blobs.getText(part)));
  return { parts, entries: await world.entries(journal) };
}

test('parts hold at most 512 KiB of UTF-8; together they are all entries in order', async () => {
  const texts = Array.from({ length: 40 }, (_, i) => `${i} ${'ü'.repeat(20 * KIB)}`);
  const { parts, entries } = await written(texts);
  expect(entries.map(({ value }) => value).join() === texts.join()).toBe(true);
  expect(parts.length).toBeGreaterThan(2);
  for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(JOURNAL.partBytes + 2);
});

test('an entry that is larger has a part of its own, and its neighbours keep theirs', async () => {
  const { parts, entries } = await written(['a', 'x'.repeat(900 * KIB), 'b', 'c']);
  expect(parts.map((part) => (JSON.parse(part) as unknown[]).length)).toEqual([1, 1, 2]);
  expect(entries.map(({ value }) => String(value).length)).toEqual([1, 900 * KIB, 1, 1]);
});

test('paths are any text', async () => {
  const world = new World();
  world.runs.set('run', new Events('script').ask(key('aa', { path: '__proto__' }), said('x')));
  expect((await world.entries(await world.open('run')))[0]?.path).toBe('__proto__');
});
