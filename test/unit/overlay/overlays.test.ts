/** Overlays in the store (O1 to O4 of store/overlays.ts). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { viewOf } from '../../../activities/overlay/view.ts';
import { overlaid } from '../../../activities/workspace/overlaid.ts';
import { OVERLAY } from '../../../protocol/limits.ts';
import { overlaidEntries } from '../../../store/overlaid.ts';
import { emptyOverlay, readOverlay, withChanges, writeOverlay } from '../../../store/overlays.ts';
import type { Manifest } from '../../../store/workspace-manifest.ts';
import { tempStore } from '../workspace/kit.ts';
import { overlayOf, worldOf } from './kit.ts';

const HASH = 'a'.repeat(64);
const ENTRY = { hash: HASH, size: 1, mode: 0o644, binary: false };
const NO_FILES: Manifest = { git: null, base: null, entries: new Map() };
const of = (changes: object, more: object = {}) => JSON.stringify({ version: 1, snapshot: HASH, changes, ...more });

test('O1: the order of changes makes no difference, whatever the paths are called', async () => {
  const store = tempStore();
  const paths = fc.uniqueArray(fc.constantFrom('a', 'b/c', '1', '10', '__proto__', 'constructor', 'ü', 'B'));
  await fc.assert(
    fc.asyncProperty(paths, fc.infiniteStream(fc.boolean()), async (names, flips) => {
      const changes = names.map((path) => ({ path, entry: flips.next().value === true ? ENTRY : null }));
      const one = withChanges(emptyOverlay(HASH), NO_FILES, changes);
      const two = withChanges(emptyOverlay(HASH), NO_FILES, changes.toReversed());
      const ref = await writeOverlay(store, one);
      expect(await writeOverlay(store, two)).toBe(ref);
      const read = await readOverlay(store, ref);
      expect(new Map(Object.entries(read.changes))).toEqual(new Map(Object.entries(one.changes)));
      expect(await writeOverlay(store, read)).toBe(ref);
    }),
    { numRuns: 20 },
  );
});
describe('O2: what is read is checked', () => {
  const bad: [string, string][] = [
    ['no JSON', '{'],
    ['another version', of({}, { version: 2 })],
    ['no snapshot', JSON.stringify({ version: 1, changes: {} })],
    ['a snapshot that is no hash', JSON.stringify({ version: 1, snapshot: '../x', changes: {} })],
    ['changes as a list', of([])],
    ...[
      '/etc/passwd',
      '../x',
      'a/../b',
      'a//b',
      './a',
      'a/',
      '',
      'a\0b',
      '.git/config',
      'x/.Git/hooks/y',
      '\ud800',
      'x'.repeat(300),
    ].map((path): [string, string] => [`the path ${JSON.stringify(path.slice(0, 20))}`, of({ [path]: ENTRY })]),
    ['a deleted path outside', of({ '../x': null })],
    ['a hash that is a path', of({ a: { ...ENTRY, hash: '../../x' } })],
    ['a size below zero', of({ a: { ...ENTRY, size: -1 } })],
    ['a size that is text', of({ a: { ...ENTRY, size: '1' } })],
    ['a set-uid mode', of({ a: { ...ENTRY, mode: 0o4755 } })],
    ['an entry that is a list', of({ a: [] })],
    ['a file that is a folder', of({ a: ENTRY, 'a/b/c': ENTRY })],
    ['kept that is none', of({}, { kept: { a: 1 } })],
  ];
  test.each(bad)('%s', async (_what, text) => {
    const store = tempStore();
    await expect(readOverlay(store, await store.put(text))).rejects.toMatchObject({ code: 'BRAID_BLOB_CORRUPT' });
  });

  test('a huge blob is not parsed', async () => {
    const store = tempStore();
    const ref = await store.put(of({}, { pad: ' '.repeat(OVERLAY.textBytes) }));
    await expect(readOverlay(store, ref)).rejects.toMatchObject({ code: 'BRAID_BLOB_CORRUPT' });
  });

  test('one that cannot lie over a snapshot is refused there', async () => {
    const it = await worldOf({ a: 'x', 'b/c': 'y' });
    for (const changes of [{ 'a/below': ENTRY }, { b: ENTRY }]) {
      const ref = await it.store.put(JSON.stringify({ version: 1, snapshot: it.base.hash, changes }));
      await expect(viewOf(it.base, ref)).rejects.toMatchObject({ code: 'BRAID_BLOB_CORRUPT' });
    }
    expect(
      overlaid(it.base, {
        ...emptyOverlay(it.base.hash),
        changes: { a: null, 'a/below': ENTRY, 'b/c': null, b: ENTRY },
      }).folder(''),
    ).toEqual({
      folders: ['a'],
      files: ['b'],
    });
  });
});

test('O3: what is as the snapshot has it is no change; entries stay in order', async () => {
  const it = await worldOf({ b: 'b', d: 'd' });
  const ref = await overlayOf(it, { b: 'b', c: 'c', a: 'a', x: null });
  const overlay = await readOverlay(it.store, ref);
  expect(Object.keys(overlay.changes)).toEqual(['a', 'c']);
  expect([...overlaidEntries(it.base.manifest, overlay).keys()]).toEqual(['a', 'b', 'c', 'd']);
});

test('O4: bounded in files, bytes and text', async () => {
  const store = tempStore();
  const many = (count: number, size: number, length = 1) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${'p'.repeat(length)}${i}`, { ...ENTRY, size }]));
  const write = (changes: object) =>
    writeOverlay(store, { ...emptyOverlay(HASH), changes: changes as Record<string, null> });
  await write(many(OVERLAY.files, 1));
  for (const changes of [many(OVERLAY.files + 1, 1), many(2, OVERLAY.bytes / 2 + 1), many(OVERLAY.files, 1, 3_000)]) {
    await expect(write(changes)).rejects.toMatchObject({ code: 'BRAID_OVERLAY_TOO_LARGE' });
  }
});
