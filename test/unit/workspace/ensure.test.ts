import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ensureSnapshot } from '../../../activities/workspace/ensure.ts';
import { openStore } from '../../../store/blobs.ts';
import { keyOf, NEVER, tempFolder, tempStore } from './kit.ts';

async function textOf(snapshot: Awaited<ReturnType<typeof ensureSnapshot>>, name: string) {
  const entry = snapshot.entry(name);
  return entry === undefined || entry.hash === null ? null : snapshot.text({ ...entry, hash: entry.hash });
}

test('a snapshot stays what it was, whatever happens to the folder, also in another process', async () => {
  const home = tempFolder();
  const root = tempFolder({ a: 'before', b: 'b' });
  const first = await ensureSnapshot(openStore(home), keyOf(root), NEVER);
  writeFileSync(path.join(root, 'a'), 'after');
  rmSync(path.join(root, 'b'));
  writeFileSync(path.join(root, 'c'), 'new');
  const again = await ensureSnapshot(openStore(home), keyOf(root), NEVER);
  expect(again.hash).toBe(first.hash);
  expect([await textOf(again, 'a'), await textOf(again, 'b'), await textOf(again, 'c')]).toEqual(['before', 'b', null]);
  rmSync(root, { recursive: true });
  expect((await ensureSnapshot(openStore(home), keyOf(root), NEVER)).hash).toBe(first.hash);
  const next = await ensureSnapshot(openStore(home), keyOf(tempFolder({ a: 'after' }), 'run-2'), NEVER);
  expect(await textOf(next, 'a')).toBe('after');
});

test('E1, E2: many at once get one snapshot, taken once', async () => {
  const store = tempStore();
  const root = tempFolder({ a: 'a', b: 'b' });
  let puts = 0;
  const counted = { ...store, put: (content: Uint8Array | string) => ((puts += 1), store.put(content)) };
  const all = await Promise.all(Array.from({ length: 10 }, () => ensureSnapshot(counted, keyOf(root), NEVER)));
  expect(new Set(all.map(({ hash }) => hash)).size).toBe(1);
  expect(puts).toBe(3);
});

test('E1: takers in two processes agree', async () => {
  const home = tempFolder();
  const root = tempFolder({ a: 'a' });
  // Two keys of the in-process map, one of the store: as two processes have it.
  const stores = [openStore(home), openStore(`${home}/.`)];
  const hashes = await Promise.all(
    stores.map(async (store, i) => {
      if (i === 1) writeFileSync(path.join(root, 'a'), 'changed meanwhile');
      return (await ensureSnapshot(store, keyOf(root), NEVER)).hash;
    }),
  );
  expect(hashes[0]).toBe(hashes[1]);
});

test('E3: one who gives up does not stop the others; when all have, the taking stops', async () => {
  const tree = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, `${i}`]));
  const root = tempFolder(tree);
  const store = tempStore();
  const [one, two] = [new AbortController(), new AbortController()];
  const reason = new Error('gone');
  let seen = 0;
  const first = ensureSnapshot(store, keyOf(root), one.signal, () => one.abort(reason));
  const second = ensureSnapshot(store, keyOf(root), two.signal, () => (seen += 1));
  await expect(first).rejects.toBe(reason);
  expect((await second).manifest.entries.size).toBe(300);
  expect(seen).toBeGreaterThan(0);

  const alone = new AbortController();
  await expect(ensureSnapshot(store, keyOf(root, 'other'), alone.signal, () => alone.abort(reason))).rejects.toBe(
    reason,
  );
  expect((await ensureSnapshot(store, keyOf(root, 'other'), NEVER)).manifest.entries.size).toBe(300);
});

test('a failed taking is not kept: the next one tries again', async () => {
  const store = tempStore();
  const root = path.join(tempFolder(), 'later');
  await expect(ensureSnapshot(store, keyOf(root), NEVER)).rejects.toMatchObject({ code: 'BRAID_WORKSPACE_UNREADABLE' });
  const good = tempFolder({ a: '' });
  expect((await ensureSnapshot(store, keyOf(good), NEVER)).manifest.entries.size).toBe(1);
});

test('folders of a snapshot', async () => {
  const root = tempFolder({ 'b/c/d': '', 'b/a': '', a: '', z: '' });
  const snapshot = await ensureSnapshot(tempStore(), keyOf(root), NEVER);
  expect(snapshot.folder('')).toEqual({ folders: ['b'], files: ['a', 'z'] });
  expect(snapshot.folder('b')).toEqual({ folders: ['c'], files: ['a'] });
  expect(snapshot.folder('a')).toBeUndefined();
});
