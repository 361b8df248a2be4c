import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../../store/blobs.ts';
import { createLimiter } from '../../../store/limiter.ts';
import { findPointer, type IndexEntry, readIndex, setPointer, writeIndex } from '../../../store/snapshots.ts';
import { tempFolder, tempStore } from '../workspace/kit.ts';

const hash = (i: number) => i.toString(16).padStart(64, '0');

test('S1: the first of many wins and all get its manifest', async () => {
  const home = tempFolder();
  const winners = await Promise.all(
    Array.from({ length: 50 }, (_, i) => setPointer(openStore(home), 'a/../key', hash(i))),
  );
  expect(new Set(winners).size).toBe(1);
  expect(await findPointer(openStore(home), 'a/../key')).toBe(winners[0]);
  expect(await findPointer(openStore(home), 'other')).toBeUndefined();
});

test('a damaged pointer is an error that says what to do', async () => {
  const store = tempStore();
  await setPointer(store, 'k', hash(1));
  const [name = ''] = readdirSync(path.join(store.home, 'snapshots'));
  writeFileSync(path.join(store.home, 'snapshots', name), 'nonsense');
  await expect(findPointer(store, 'k')).rejects.toMatchObject({ code: 'BRAID_BLOB_CORRUPT' });
});

test('S2: an index comes back as written; what is torn or forged in it is left out', async () => {
  const store = tempStore();
  const entry = {
    size: 3,
    mtimeNs: '1790000000123456789',
    ctimeNs: '2',
    ino: '3',
    kind: 'text' as const,
    hash: hash(1),
  };
  const index = new Map<string, IndexEntry>([
    ['a b', entry],
    ['__proto__', entry],
    ['bin', { ...entry, kind: 'binary', hash: null }],
  ]);
  await writeIndex(store, '/root', index);
  expect(await readIndex(store, '/root')).toEqual(index);
  expect(await readIndex(store, '/other')).toEqual(new Map());
  const [name = ''] = readdirSync(path.join(store.home, 'index'));
  const file = path.join(store.home, 'index', name);
  writeFileSync(
    file,
    JSON.stringify({ good: entry, bad: { ...entry, hash: '../../x' }, worse: 1, binary: { ...entry, kind: 'binary' } }),
  );
  expect([...(await readIndex(store, '/root')).keys()]).toEqual(['good']);
  writeFileSync(file, '{"torn": ');
  expect(await readIndex(store, '/root')).toEqual(new Map());
});

test('a limiter keeps its width and its order, also when work fails', async () => {
  const limit = createLimiter(3);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const all = Array.from({ length: 20 }, (_, i) =>
    limit(async () => {
      started.push(i);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, i % 3));
      running -= 1;
      if (i % 4 === 0) throw new Error(`no ${i}`);
    }),
  );
  const ends = await Promise.allSettled(all);
  expect(ends.filter((end) => end.status === 'rejected')).toHaveLength(5);
  expect(most).toBe(3);
  expect(started).toEqual(Array.from({ length: 20 }, (_, i) => i));
});
