import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { Store } from '../../../store/blobs.ts';
import { ingestText } from '../../../store/contexts/ingest.ts';
import { openText } from '../../../store/contexts/reader.ts';
import { textRefOf } from '../../../store/contexts/refs.ts';
import { createContextShares, shareContext, type SharedContext } from '../../../store/contexts/shared.ts';
import { tempStore } from '../workspace/kit.ts';

const READY = 2;
const LOADING = 1;

async function shareText(store: Store, text: string, chunkBytes = 100): Promise<SharedContext> {
  return shareContext({ v: 1, kind: 'text', parts: [await ingestText(store, text, { chunkBytes })] });
}

/** Counts `needle` in a thread and gives the number back. */
function countInThread(shared: SharedContext, home: string, needle: string): Promise<number> {
  const thread = new Worker(new URL('count-thread.ts', import.meta.url), { workerData: { shared, home, needle } });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  thread.on('message', resolve);
  thread.on('error', reject);
  return promise;
}

test('H1: threads see one memory, and each chunk is read once', async () => {
  const store = tempStore();
  const text = 'needle in a haystack é\n'.repeat(500);
  const shared = await shareText(store, text);
  const counts = await Promise.all([1, 2, 3].map(() => countInThread(shared, store.home, 'needle')));
  expect(counts).toEqual([500, 500, 500]);
  expect(new Int32Array(shared.state).every((state) => state === READY)).toBe(true);
  // All is in memory now: the files are not needed any more.
  rmSync(path.join(store.home, 'blobs'), { recursive: true });
  expect(openText(shared, 0, store.home).slice(0, text.length)).toBe(text);
  expect(await countInThread(shared, store.home, 'haystack')).toBe(500);
});

test('only what is needed is read', async () => {
  const store = tempStore();
  const shared = await shareText(store, 'x'.repeat(1_000));
  openText(shared, 0, store.home).slice(450, 460);
  expect([...new Int32Array(shared.state)]).toEqual([0, 0, 0, 0, READY, 0, 0, 0, 0, 0]);
});

test('H2: a chunk whose reader died is read by the next one', async () => {
  const store = tempStore();
  const shared = await shareText(store, 'x'.repeat(150));
  new Int32Array(shared.state)[1] = LOADING;
  const started = performance.now();
  expect(openText(shared, 0, store.home).slice(0, 150)).toBe('x'.repeat(150));
  expect(performance.now() - started).toBeLessThan(5_000);
  expect([...new Int32Array(shared.state)]).toEqual([READY, READY]);
});

test('H3: a missing or damaged chunk is an error each time, and mends when the blob does', async () => {
  const store = tempStore();
  const text = 'some text';
  const shared = await shareText(store, text);
  const source = openText(shared, 0, store.home);
  const [folder = ''] = readdirSync(path.join(store.home, 'blobs'));
  const [name = ''] = readdirSync(path.join(store.home, 'blobs', folder));
  const blob = path.join(store.home, 'blobs', folder, name);
  for (const bad of ['some t3xt', 'some', '']) {
    writeFileSync(blob, bad);
    expect(() => source.slice(0, 4)).toThrow(expect.objectContaining({ code: 'BRAID_BLOB_CORRUPT' }));
  }
  rmSync(blob);
  expect(() => source.count('e')).toThrow(expect.objectContaining({ code: 'BRAID_BLOB_MISSING' }));
  writeFileSync(blob, text);
  expect(source.slice(0, 99)).toBe(text);
});

test('the parts of one context lie side by side', async () => {
  const store = tempStore();
  const texts = ['first é', '', 'second\n', 'third 😀'];
  const parts = await Promise.all(texts.map((text, i) => ingestText(store, text, { name: `f${i}`, chunkBytes: 4 })));
  const shared = shareContext({ v: 1, kind: 'files', parts });
  const sources = parts.map((_, i) => openText(shared, i, store.home));
  expect(sources.map((source) => source.slice(0, 99))).toEqual(texts);
  expect(sources.map((source) => source.name)).toEqual(['f0', 'f1', 'f2', 'f3']);
  expect(() => openText(shared, 4, store.home)).toThrow(/no text 4/);
});

test('one share per manifest while somebody holds it', async () => {
  const store = tempStore();
  const { manifest } = await textRefOf(store, 'text');
  const shares = createContextShares(store);
  const [a, b] = await Promise.all([shares.acquire(manifest), shares.acquire(manifest)]);
  expect(a).toBe(b);
  shares.release(manifest);
  expect(await shares.acquire(manifest)).toBe(a);
  shares.release(manifest);
  shares.release(manifest);
  expect(await shares.acquire(manifest)).not.toBe(a);
  await expect(shares.acquire('0'.repeat(64))).rejects.toMatchObject({ code: 'BRAID_BLOB_MISSING' });
});
