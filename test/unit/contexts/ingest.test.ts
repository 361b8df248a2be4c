import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openFileIndex } from '../../../store/contexts/file-index.ts';
import { ingestBlob } from '../../../store/contexts/ingest-blob.ts';
import { ingestFile } from '../../../store/contexts/ingest-file.ts';
import { ingestStream, ingestText } from '../../../store/contexts/ingest.ts';
import { tempFolder, tempStore } from '../workspace/kit.ts';
import { inPieces, openPart } from './kit.ts';

/** Longer than the 8 KiB that are looked at to tell an encoding, so that the rest comes in single pieces. */
const LINES = 900;
const TEXT = 'aé日😀\r\n'.repeat(LINES);

test('K1, I2: a text has the same chunks from wherever it comes, in whatever pieces', async () => {
  const store = tempStore();
  const file = path.join(tempFolder({ f: TEXT }), 'f');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 4, max: 50 }), fc.integer({ min: 1, max: 70 }), async (chunkBytes, size) => {
      const options = { chunkBytes, name: 'x' };
      const part = await ingestText(store, TEXT, options);
      expect((await ingestStream(store, inPieces(Buffer.from(TEXT), size), options)).part).toEqual(part);
      expect((await ingestFile(store, file, options)).part).toEqual(part);
      expect(part).toMatchObject({ length: TEXT.length, bytes: Buffer.byteLength(TEXT), lines: LINES });
    }),
    { numRuns: 40 },
  );
  const ref = await store.put(TEXT);
  expect((await ingestBlob(store, ref, 'x')).part).toEqual(await ingestText(store, TEXT, { name: 'x' }));
});

test('X2: every chunk is whole characters, and as long as it can be', async () => {
  const store = tempStore();
  const { chunks } = await ingestText(store, TEXT, { chunkBytes: 7 });
  const texts = await Promise.all(
    chunks.map(async ({ ref }) => new TextDecoder('utf-8', { fatal: true }).decode(await store.get(ref))),
  );
  expect(texts.join('')).toBe(TEXT);
  texts.slice(0, -1).forEach((text, i) => {
    const [next = ''] = texts[i + 1] ?? '';
    expect(Buffer.byteLength(text) + Buffer.byteLength(next)).toBeGreaterThan(7);
  });
  expect(chunks.map(({ bytes, length, feeds }) => ({ bytes, length, feeds }))).toEqual(
    texts.map((text) => ({ bytes: Buffer.byteLength(text), length: text.length, feeds: text.split('\n').length - 1 })),
  );
});

test('I3: a lone surrogate becomes one unit, a pair is never cut', async () => {
  const store = tempStore();
  const text = `a\ud800b${'😀'.repeat(200_000)}\udc00`;
  const part = await ingestText(store, text);
  expect(openPart(store, part).slice(0, part.length)).toBe(text.toWellFormed());
});

describe('encodings', () => {
  const utf16 = (text: string, bigEndian: boolean) => {
    const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
    return bigEndian ? bytes.swap16() : bytes;
  };
  test.each<[string, Buffer, string, RegExp | null]>([
    ['UTF-8', Buffer.from('Größe 日 😀'), 'Größe 日 😀', null],
    ['UTF-8 with a mark', Buffer.from('\ufeffGröße\ufeff'), 'Größe\ufeff', null],
    ['UTF-16LE', utf16('Größe 日 😀', false), 'Größe 日 😀', null],
    ['UTF-16BE', utf16('Größe 日 😀', true), 'Größe 日 😀', null],
    ['Windows-1252', Buffer.from('Gr\xf6\xdfe \x80 5', 'latin1'), 'Größe € 5', /Windows-1252/],
    ['Latin-1 that ends in an open character', Buffer.from('Caf\xe9', 'latin1'), 'Café', /Windows-1252/],
    [
      'damaged UTF-8',
      Buffer.concat([Buffer.from('\ufeffGröße, Maße'), Buffer.from([0xff]), Buffer.from(' und mehr')]),
      'Größe, Maße\ufffd und mehr',
      /damaged UTF-8/,
    ],
    ['nothing', Buffer.alloc(0), '', null],
    ['a mark alone', Buffer.from('\ufeff'), '', null],
  ])('%s', async (_name, bytes, text, warning) => {
    for (const size of [9_000, 1_000_000]) {
      const store = tempStore();
      const { part, warnings } = await ingestStream(store, inPieces(bytes, size), { name: 'x' });
      expect(openPart(store, part).slice(0, 1_000)).toBe(text);
      if (warning === null) expect(warnings).toEqual([]);
      else expect(warnings.join()).toMatch(warning);
    }
  });

  test('a piece that is no UTF-8 late in a text changes nothing before it', async () => {
    const store = tempStore();
    const bytes = Buffer.concat([
      Buffer.from('a'.repeat(9_999) + 'é'),
      Buffer.from([0xfc]),
      Buffer.from('b'.repeat(20)),
    ]);
    const { part } = await ingestStream(store, inPieces(bytes, 10_000), { name: 'x', chunkBytes: 4_000 });
    expect(openPart(store, part).slice(9_998, 10_003)).toBe('aéübb'.slice(0, 5));
  });

  test.each([
    ['NULs', Buffer.from('text\0more'), /NUL/],
    ['an image', Buffer.from('\x89PNG\r\n\x1a\n\0\0', 'latin1'), /a PNG image/],
    ['gzip', Buffer.from('\x1f\x8b\x08\0', 'latin1'), /compressed by gzip/],
    ['a PDF by another name', Buffer.from('%PDF-1.7\n\0', 'latin1'), /does not end in \.pdf/],
    ['control characters', Buffer.from('\x01\x02\xff\xfe\x03'.repeat(9), 'latin1'), /binary/],
  ])('binary: %s', async (_name, bytes, why) => {
    await expect(ingestStream(tempStore(), [bytes], { name: 'pic' })).rejects.toMatchObject({
      code: 'BRAID_CONTEXT_UNREADABLE',
      message: expect.stringMatching(why),
    });
  });
});

describe('files', () => {
  test('what is missing, a folder, or not to be read says so', async () => {
    const folder = tempFolder({ secret: 'x' });
    const store = tempStore();
    await expect(ingestFile(store, path.join(folder, 'no'))).rejects.toMatchObject({ code: 'BRAID_CONTEXT_MISSING' });
    await expect(ingestFile(store, folder)).rejects.toMatchObject({
      message: expect.stringContaining('it is a folder'),
    });
    chmodSync(path.join(folder, 'secret'), 0);
    if (process.getuid?.() === 0) return;
    await expect(ingestFile(store, path.join(folder, 'secret'))).rejects.toMatchObject({
      code: 'BRAID_CONTEXT_UNREADABLE',
      message: expect.stringContaining('permission denied'),
    });
  });

  test('one that is too large is refused before it is read', async () => {
    const file = path.join(tempFolder({ f: '' }), 'f');
    truncateSync(file, 5 * 1024 ** 3);
    const started = performance.now();
    await expect(ingestFile(tempStore(), file)).rejects.toMatchObject({ code: 'BRAID_CONTEXT_TOO_LARGE' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('a stream that grows too large is stopped', async () => {
    async function* endless() {
      for (;;) yield Buffer.from('x'.repeat(1_000));
    }
    await expect(ingestStream(tempStore(), endless(), { maxBytes: 50_000 })).rejects.toMatchObject({
      code: 'BRAID_CONTEXT_TOO_LARGE',
    });
  });

  test('a pipe is read to its end', async () => {
    const fifo = path.join(tempFolder(), 'pipe');
    execFileSync('mkfifo', [fifo]);
    const store = tempStore();
    const reading = ingestFile(store, fifo);
    writeFileSync(fifo, 'through a pipe');
    expect(openPart(store, (await reading).part).slice(0, 99)).toBe('through a pipe');
  });
});

describe('the index', () => {
  /** A file that is old enough to be remembered, and what reads it as commands do. */
  async function indexed(text: string) {
    const file = path.join(tempFolder({ f: text }), 'f');
    const store = tempStore();
    await setTimeout(50);
    const read = async (name = 'f') => {
      const index = await openFileIndex(store, file);
      const { part } = await ingestFile(store, file, { name, index });
      await index.save(store);
      return { name: part.name, text: openPart(store, part).slice(0, 99) };
    };
    await read();
    const folder = path.join(store.home, 'index', 'contexts');
    const [saved = ''] = readdirSync(folder);
    return { file, store, read, saved: path.join(folder, saved) };
  }

  test('saves reading a file that did not change', async () => {
    const { read, saved, store } = await indexed('one');
    // An index that says something else is believed, so nothing was read.
    const other = JSON.stringify((await ingestText(store, 'two')).chunks[0]?.ref);
    writeFileSync(saved, readFileSync(saved, 'utf8').replace(/"[0-9a-f]{64}"/, other));
    expect(await read('other name')).toEqual({ name: 'other name', text: 'two' });
  });

  test('never hides a change', async () => {
    const { file, read } = await indexed('one\n');
    appendFileSync(file, 'two\n');
    expect(await read()).toMatchObject({ text: 'one\ntwo\n' });
    const { mtime } = statSync(file);
    writeFileSync(file, 'ONE\ntwo\n');
    utimesSync(file, mtime, mtime);
    expect(await read()).toMatchObject({ text: 'ONE\ntwo\n' });
  });

  test('a chunk that is gone from the store is read again', async () => {
    const { read, store } = await indexed('text');
    rmSync(path.join(store.home, 'blobs'), { recursive: true });
    expect(await read()).toMatchObject({ text: 'text' });
  });

  test('torn or forged, it is empty', async () => {
    const { read, saved } = await indexed('text');
    const good = readFileSync(saved, 'utf8');
    for (const bad of ['{', '[]', good.replace('"bytes":4', '"bytes":5'), good.replace('"text"', '"nonsense"')]) {
      writeFileSync(saved, bad);
      expect(await read()).toMatchObject({ text: 'text' });
      expect(readFileSync(saved, 'utf8')).toBe(good);
    }
  });
});
