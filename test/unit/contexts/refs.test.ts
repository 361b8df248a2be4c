import { expect, test } from 'vitest';
import { isTextRef, type TextRef } from '../../../protocol/context.ts';
import { CONTEXT } from '../../../protocol/limits.ts';
import type { Store } from '../../../store/blobs.ts';
import { ingestText } from '../../../store/contexts/ingest.ts';
import { getManifest, parseManifest } from '../../../store/contexts/manifest.ts';
import { contextRefOfPieces, openText } from '../../../store/contexts/reader.ts';
import { contextOfValue, contextRefOf, putContext, spillTexts, textRefOf } from '../../../store/contexts/refs.ts';
import { shareContext } from '../../../store/contexts/shared.ts';
import { tempStore } from '../workspace/kit.ts';

async function open(store: Store, { manifest, part }: TextRef) {
  return openText(shareContext(await getManifest(store, manifest)), part, store.home);
}

async function textOf(store: Store, ref: TextRef) {
  return (await open(store, ref)).slice(ref.start, ref.end);
}

test('RL-01: a reference is of constant size and shows head and tail', async () => {
  const store = tempStore();
  const line = 'é😀 line\n';
  const sizes = await Promise.all(
    [1_000, 200_000].map(async (count) => {
      const text = line.repeat(count);
      const ref = await putContext(store, 'text', [await ingestText(store, text, { chunkBytes: 1_000_003 })], 'x');
      expect(ref).toMatchObject({ kind: 'text', parts: 1, length: text.length, bytes: 12 * count, lines: count });
      expect(text.startsWith(ref.head)).toBe(true);
      expect(text.endsWith(ref.tail)).toBe(true);
      expect(ref.head.length).toBeGreaterThanOrEqual(CONTEXT.previewHead - 1);
      expect(ref.tail.length).toBeGreaterThanOrEqual(CONTEXT.previewTail - 1);
      expect((ref.head + ref.tail).isWellFormed()).toBe(true);
      return JSON.stringify(ref).length;
    }),
  );
  expect(Math.abs((sizes[0] ?? 0) - (sizes[1] ?? 0))).toBeLessThan(20);
});

test('head and tail of a short text do not repeat each other; tiny chunks are joined', async () => {
  const store = tempStore();
  const short = await contextOfValue(store, 'short 😀');
  expect(short).toMatchObject({ head: 'short 😀', tail: '' });
  const text = Array.from({ length: 700 }, (_, i) => String(i % 10)).join('');
  const long = await putContext(store, 'text', [await ingestText(store, text, { chunkBytes: 7 })], 'x');
  expect(long.head + long.tail).toBe(text);
});

test('many files: names of the first, head of the first, tail of the last', async () => {
  const store = tempStore();
  const names = Array.from({ length: 30 }, (_, i) => `f${i}`);
  const parts = await Promise.all(names.map((name) => ingestText(store, `text of ${name}`, { name })));
  const ref = await putContext(store, 'files', parts, 'x');
  expect(ref.names).toHaveLength(CONTEXT.previewNames);
  expect(ref).toMatchObject({ parts: 30, head: 'text of f0', tail: 'text of f29' });
});

test('values: a string is text, the rest JSON, too large ones text of JSON, empty ones an error', async () => {
  const store = tempStore();
  expect(await contextOfValue(store, 'text')).toMatchObject({ kind: 'text', names: [{ name: 'context', length: 4 }] });
  expect(await contextOfValue(store, { a: [1, 'é'] })).toMatchObject({ kind: 'json', head: '{"a":[1,"é"]}' });
  expect(await contextOfValue(store, null)).toMatchObject({ kind: 'json', head: 'null' });
  expect(await contextOfValue(store, ['x'.repeat(CONTEXT.jsonChars)])).toMatchObject({ kind: 'text' });
  await expect(contextOfValue(store, '')).rejects.toMatchObject({ code: 'BRAID_CONTEXT_UNREADABLE' });
});

test('X3: equal contexts have equal refs, others do not', async () => {
  const store = tempStore();
  const refs = await Promise.all(['a', 'a', 'b'].map((text) => contextOfValue(store, text)));
  expect(refs[0]).toEqual(refs[1]);
  expect(refs[0]).not.toEqual(refs[2]);
});

test('spilled texts come back one by one, from one part', async () => {
  const store = tempStore();
  const texts = ['one', '', 'é😀', 'end \ud83d', '\ude00 start'];
  const refs = await spillTexts(store, texts);
  expect(new Set(refs.map((ref) => ref.manifest)).size).toBe(1);
  expect(refs.every(isTextRef)).toBe(true);
  expect(await Promise.all(refs.map((ref) => textOf(store, ref)))).toEqual(texts.map((text) => text.toWellFormed()));
  expect(await spillTexts(store, [])).toEqual([]);
  expect(await textOf(store, await textRefOf(store, 'whole'))).toBe('whole');
});

test('RL-43: pieces become a context without being read as a whole', async () => {
  const store = tempStore();
  const text = 'line é😀\n'.repeat(1_000);
  const whole = await textRefOf(store, text);
  const source = await open(store, whole);
  const pieces = [
    { ...whole, name: 'a', start: 5, end: 4_000 },
    { ...whole, name: 'b', start: 7, end: 7 },
    { ...whole, name: 'c', start: 6_000, end: 6_102 },
  ];
  const ref = contextRefOfPieces(pieces, () => source);
  const parts = pieces.map(({ start, end }) => text.slice(start, end));
  expect(ref).toMatchObject({
    kind: 'files',
    of: { pieces },
    parts: 3,
    length: parts.join('').length,
    bytes: parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0),
    names: parts.map((part, i) => ({ name: pieces[i]?.name, length: part.length })),
  });
  expect(parts[0]?.startsWith(ref.head)).toBe(true);
  expect(ref.tail).toBe(parts[2]?.slice(-CONTEXT.previewTail));
  expect(contextRefOfPieces(pieces.slice(0, 1), () => source)).toMatchObject({ kind: 'text', parts: 1 });
});

test('a blob that is no manifest, or one that lies about its chunks, is refused', async () => {
  const store = tempStore();
  const { manifest } = await textRefOf(store, 'text');
  const good = await store.getText(manifest);
  expect(parseManifest(good, manifest).parts).toHaveLength(1);
  for (const bad of ['{}', '[]', good.replace('"length":4', '"length":5'), good.replace('"v":1', '"v":2')]) {
    expect(() => parseManifest(bad, manifest)).toThrow(/no context manifest/);
  }
  const ref = await store.put('{"v":1}');
  await expect(contextRefOf(store, ref)).rejects.toMatchObject({ code: 'BRAID_BLOB_CORRUPT' });
});

test('too many parts, or too many bytes in all, are refused', async () => {
  const store = tempStore();
  const part = await ingestText(store, 'x');
  const many = Array.from({ length: CONTEXT.parts + 1 }, () => part);
  await expect(putContext(store, 'files', many, 'x')).rejects.toMatchObject({ code: 'BRAID_CONTEXT_TOO_LARGE' });
  const huge = { ...part, bytes: CONTEXT.bytes };
  await expect(putContext(store, 'files', [huge, huge], 'x')).rejects.toMatchObject({
    code: 'BRAID_CONTEXT_TOO_LARGE',
  });
});
