/** Changes as a patch: what `git apply` makes of it is what the overlay says (T1, T2 of store/patches/trees.ts). */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOverlayActivities } from '../../../activities/overlay/index.ts';
import { changedFiles } from '../../../store/overlaid.ts';
import { readOverlay, writeOverlay } from '../../../store/overlays.ts';
import { patchFiles, patchText } from '../../../store/patches/text.ts';
import { keyOf, tempFolder } from '../workspace/kit.ts';
import { applied, filesIn, overlayOf, worldIn, worldOf, type Edits, type World } from './kit.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

async function afterApply(world: World, edits: Edits) {
  return filesIn(applied(world.root, await patchText(world.store, await overlayOf(world, edits))));
}

describe('git apply takes it', () => {
  test('changed, new, deleted, made executable, without an end of line, empty, Latin-1, CRLF', async () => {
    const world = await worldOf({
      'a.txt': '1\n2\n3\n',
      'gone/x.txt': 'x\n',
      'run.sh': 'echo\n',
      'noeol.txt': 'a\nb',
      'latin.txt': Buffer.from([0xe9, 0x0a, 0x61, 0x0a]),
      'crlf.txt': 'a\r\nb\r\n',
    });
    const edits: Edits = {
      'a.txt': '1\ntwo\n3\n',
      'gone/x.txt': null,
      'run.sh': ['echo\n', 0o755],
      'noeol.txt': 'a\nb\nc',
      'new/deep/file.ts': 'n1\nn2',
      empty: '',
      'latin.txt': Buffer.from([0xe9, 0x0a, 0x62, 0x0a]),
      'crlf.txt': 'a\r\nc\r\n',
    };
    expect(await afterApply(world, edits)).toEqual({
      'a.txt': '1\ntwo\n3\n',
      'run.sh': 'x echo\n',
      'noeol.txt': 'a\nb\nc',
      'new/deep/file.ts': 'n1\nn2',
      empty: '',
      'latin.txt': 'é\nb\n',
      'crlf.txt': 'a\r\nc\r\n',
    });
  });

  test('names with blanks, quotes, letters of all kinds, line feeds, leading dashes, __proto__', async () => {
    const names = [
      'a b',
      ' lead',
      'q"uote',
      "it's",
      'ü/日本',
      '-rf',
      'tab\there',
      'line\nfeed',
      'back\\slash',
      '__proto__',
      'b/c',
      '7',
    ];
    const world = await worldOf(Object.fromEntries(names.map((name, i) => [name, `${i}\n`])));
    const edits = Object.fromEntries(names.map((name, i) => [name, i % 3 === 0 ? null : `changed ${i}\n`]));
    const expected = Object.fromEntries(Object.entries(edits).filter(([, content]) => content !== null));
    expect(await afterApply(world, edits)).toEqual(expected);
  });

  test('binary files: new, changed, deleted', async () => {
    const bytes = (n: number) => Buffer.from([0, 1, 2, n, 0xff, 0, n]);
    const world = await worldOf({ 'a.png': bytes(1), 'b.png': bytes(2) });
    const ref = await overlayOf(world, { 'c.png': bytes(9), 'a.png': bytes(8), 'b.png': null });
    const overlay = await readOverlay(world.store, ref);
    const keptOf = async (n: number) => ({ hash: await world.store.put(bytes(n)), size: 7, mode: 0o644, binary: true });
    overlay.kept = { 'a.png': await keptOf(1), 'b.png': await keptOf(2) };
    const patch = await patchText(world.store, await writeOverlay(world.store, overlay));
    expect(filesIn(applied(world.root, patch))).toEqual({
      'a.png': bytes(8).toString('latin1'),
      'c.png': bytes(9).toString('latin1'),
    });
  });

  test('T2: attributes and configuration of anybody make no difference', async () => {
    const world = await worldOf({ '.gitattributes': '* -diff -text\n*.txt binary\n', 'a.txt': '1\n' });
    const home = tempFolder({
      '.gitconfig': '[diff]\n noprefix = true\n external = false\n[core]\n attributesFile = /dev/zero\n',
    });
    const before = process.env['HOME'];
    process.env['HOME'] = home;
    try {
      const patch = text(await patchText(world.store, await overlayOf(world, { 'a.txt': '2\n' })));
      expect(patch).toMatch(
        /^diff --git a\/a\.txt b\/a\.txt\nindex .*\n--- a\/a\.txt\n\+\+\+ b\/a\.txt\n@@ -1 \+1 @@\n-1\n\+2\n$/,
      );
    } finally {
      process.env['HOME'] = before;
    }
  });

  test('a file whose name only a file system would take for another is one of its own (T1)', async () => {
    const world = await worldOf({ 'GIT~2': 'a\n' });
    const patch = text(
      await patchText(world.store, await overlayOf(world, { 'GIT~2': 'b\n', 'git~2': 'c\n', con: 'd\n' })),
    );
    expect(patch.match(/^diff --git .*$/gm)).toEqual([
      'diff --git a/GIT~2 b/GIT~2',
      'diff --git a/con b/con',
      'diff --git a/git~2 b/git~2',
    ]);
  });
});

test('a content that is gone is told by its code, not as a failure of git', async () => {
  const world = await worldOf({ a: '1\n' });
  const gone = { hash: 'a'.repeat(64), size: 1, mode: 0o644, binary: false };
  const overlay = { version: 1 as const, snapshot: world.base.hash, changes: { a: gone } };
  await expect(patchText(world.store, await writeOverlay(world.store, overlay))).rejects.toMatchObject({
    code: 'BRAID_BLOB_MISSING',
  });
});

test('any edits: git apply gives the overlay', async () => {
  const line = fc.constantFrom('', 'a', 'b', '@@ -1 +1 @@', 'diff --git a/x b/x', '--- a/x', '-- ', 'é');
  const content = fc
    .tuple(fc.array(line, { maxLength: 6 }), fc.boolean())
    .map(([lines, end]) => lines.join('\n') + (end ? '\n' : ''));
  const tree = fc.dictionary(fc.constantFrom('a', 'b/c', 'b/d', 'e f'), content, { noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(tree, tree, async (before, after) => {
      const world = await worldOf(before);
      const edits = { ...Object.fromEntries(Object.keys(before).map((name) => [name, null])), ...after };
      const patch = await patchText(world.store, await overlayOf(world, edits));
      expect(patch.byteLength === 0 ? filesIn(world.root) : filesIn(applied(world.root, patch))).toEqual(
        Object.fromEntries(Object.entries(after).map(([name, of]) => [name, Buffer.from(of).toString('latin1')])),
      );
    }),
    { numRuns: 15 },
  );
});

describe('the files of a patch', () => {
  const filesOf = async (world: World, edits: Edits) => {
    const overlay = await readOverlay(world.store, await overlayOf(world, edits));
    return patchFiles(world.store, changedFiles(world.base.manifest, overlay));
  };

  test('kinds and lines', async () => {
    const world = await worldOf({ a: '1\n2\n', b: 'x\n', 'c.png': Buffer.from([0, 1]), mode: 'm\n' });
    const edits: Edits = {
      a: '1\n3\n4\n',
      b: null,
      new: 'n\n',
      'd.png': Buffer.from([0]),
      'c.png': null,
      mode: ['m\n', 0o755],
    };
    const expected = [
      { path: 'a', kind: 'changed', added: 2, removed: 1 },
      { path: 'b', kind: 'deleted', added: 0, removed: 1 },
      { path: 'c.png', kind: 'deleted', added: null, removed: null },
      { path: 'd.png', kind: 'added', added: null, removed: null },
      { path: 'mode', kind: 'changed', added: 0, removed: 0 },
      { path: 'new', kind: 'added', added: 1, removed: 0 },
    ];
    expect(await filesOf(world, edits)).toEqual(expected);
    expect(await filesOf(world, edits)).toEqual(expected);
  });

  test('nothing changed: no patch; changed back: no file', async () => {
    const world = await worldOf({ a: '1\n' });
    expect(await filesOf(world, { a: '1\n' })).toEqual([]);
    const patchOf = (overlay: string, from: string | null) =>
      new MockActivityEnvironment().run(
        createOverlayActivities(world).patch,
        { address: 'agent:1', label: 'x', phase: null, model: null, turn: 0 },
        { id: 'agent:1', snapshot: keyOf(world.root), overlay, from },
      );
    const same = await overlayOf(world, {});
    const other = await overlayOf(world, { a: '2\n' });
    expect(await patchOf(same, null)).toBeNull();
    expect(await patchOf(other, other)).toBeNull();
    expect(await patchOf(other, null)).toEqual({
      id: 'agent:1',
      overlay: other,
      from: null,
      files: [{ path: 'a', kind: 'changed', added: 1, removed: 1 }],
    });
  });

  test('a deleted link is one in the patch', async () => {
    const root = tempFolder({ a: '1\n' });
    symlinkSync('a', path.join(root, 'link'));
    const world = await worldIn(root);
    expect(await afterApply(world, { link: null })).toEqual({ a: '1\n' });
  });
});

test('the patch of a snapshot with an odd folder', async () => {
  const root = tempFolder();
  mkdirSync(path.join(root, 'sub folder'));
  writeFileSync(path.join(root, 'sub folder', 'x'), '1\n');
  chmodSync(path.join(root, 'sub folder', 'x'), 0o755);
  const world = await worldIn(root);
  expect(await afterApply(world, { 'sub folder/x': ['2\n', 0o644] })).toEqual({ 'sub folder/x': '2\n' });
});
