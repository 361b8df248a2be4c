/** A workspace as a folder for commands, and back (M1 to M3 of materialise.ts, C1 to C4 of collect.ts). */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { collect } from '../../../activities/overlay/collect.ts';
import { materialise, type Materialised } from '../../../activities/overlay/materialise.ts';
import { overlaid } from '../../../activities/workspace/overlaid.ts';
import { OVERLAY } from '../../../protocol/limits.ts';
import { emptyOverlay, readOverlay, writeOverlay } from '../../../store/overlays.ts';
import { patchText } from '../../../store/patches/text.ts';
import { NEVER, tempFolder, writeTree, type Tree } from '../workspace/kit.ts';
import { applied, changesOf, filesIn, overlayOf, worldIn, worldOf, type Edits, type World } from './kit.ts';

async function made(world: World, edits: Edits = {}) {
  const { store, base } = world;
  const overlay =
    Object.keys(edits).length === 0 ? emptyOverlay(base.hash) : await readOverlay(store, await overlayOf(world, edits));
  const folder = tempFolder();
  const result = await materialise({ store, snapshot: overlaid(base, overlay), folder, signal: NEVER });
  return { world, overlay, folder, made: result };
}

async function collected(of: { world: World; overlay: ReturnType<typeof emptyOverlay>; made: Materialised }) {
  const { store } = of.world;
  const { overlay, changed, refused } = await collect({ store, overlay: of.overlay, made: of.made, signal: NEVER });
  const ref = await writeOverlay(store, overlay);
  return {
    ref,
    changed,
    refused: Object.fromEntries(refused.map(({ path: name, why }) => [name, why])),
    changes: await changesOf(of.world, ref),
  };
}

const PNG = Buffer.from([0x89, 0, 1, 2]);

describe('materialise', () => {
  test('the whole view: files, changes, modes, links inside, binary files', async () => {
    const root = tempFolder({ 'src/a': 'a\n', gone: 'g', 'run.sh': 'r', 'x.png': PNG });
    chmodSync(path.join(root, 'run.sh'), 0o755);
    symlinkSync('../src/a', path.join(root, 'src', 'link'));
    symlinkSync('src', path.join(root, 'folder'));
    const { folder, made: result } = await made(await worldIn(root), { gone: null, 'src/a': 'A\n', 'new/x': 'n' });
    expect(filesIn(folder)).toEqual({
      'src/a': 'A\n',
      'new/x': 'n',
      'run.sh': 'x r',
      'x.png': PNG.toString('latin1'),
      'src/link': '-> ../src/a',
      folder: '-> src',
    });
    expect(result.leftOut.size).toBe(0);
  });

  test('M2: links that lead out, alone or by way of each other, are left out and told', async () => {
    const root = tempFolder({ 'a/b/c/x': 'x' });
    const bad = {
      abs: '/etc',
      up: '..',
      'a/up2': '../..',
      'a/b/c/top': '../../..',
      hop: 'a/b/c/top/..',
      'a/deep': 'b/../../..',
    };
    for (const [name, target] of Object.entries(bad)) symlinkSync(target, path.join(root, name));
    const { folder, made: result } = await made(await worldIn(root));
    expect(filesIn(folder)).toEqual({ 'a/b/c/x': 'x', 'a/b/c/top': '-> ../../..' });
    expect([...result.leftOut.keys()].sort()).toEqual(['a/deep', 'a/up2', 'abs', 'hop', 'up']);
  });

  test('M3: a binary file that is another by now is left out, and not taken for deleted', async () => {
    const root = tempFolder({ 'x.png': PNG, a: 'a' });
    const world = await worldIn(root);
    writeTree(root, { 'x.png': Buffer.concat([PNG, PNG]) });
    const state = await made(world);
    expect([...state.made.leftOut.keys()]).toEqual(['x.png']);
    writeFileSync(path.join(state.folder, 'x.png'), 'mine');
    expect(await collected(state)).toMatchObject({
      changes: {},
      changed: [],
      refused: { 'x.png': expect.stringMatching(/copied/) },
    });
  });
});

describe('collect', () => {
  const start = async (tree: Tree, edits: Edits = {}) => made(await worldOf(tree), edits);

  test('nothing done: nothing changed', async () => {
    const state = await start({ a: 'a', 'x.png': PNG, '.gitignore': 'out\n' }, { a: 'A', new: 'n' });
    expect(await collected(state)).toMatchObject({ changed: [], refused: {}, changes: { a: 'A', new: 'n' } });
  });

  test('changed, new, deleted, renamed, made executable, binary; the patch applies', async () => {
    const state = await start({ a: 'a\n', 'b/c': 'c\n', 'run.sh': 'r\n', 'x.png': PNG, 'y.png': PNG, gone: 'g\n' });
    const { folder } = state;
    writeTree(folder, { a: 'A\n', 'new/file': 'n\n', 'x.png': Buffer.from([0, 9]) });
    rmSync(path.join(folder, 'gone'));
    rmSync(path.join(folder, 'y.png'));
    renameSync(path.join(folder, 'b/c'), path.join(folder, 'moved'));
    chmodSync(path.join(folder, 'run.sh'), 0o755);
    const { ref, changed, refused, changes } = await collected(state);
    expect(refused).toEqual({});
    expect(changed).toEqual(['a', 'b/c', 'gone', 'moved', 'new/file', 'run.sh', 'x.png', 'y.png']);
    expect(changes).toMatchObject({ a: 'A\n', 'b/c': null, moved: 'c\n', gone: null });
    expect(filesIn(applied(state.world.root, await patchText(state.world.store, ref)))).toEqual(filesIn(folder));
  });

  test('a change of the same size and an older time is seen', async () => {
    const state = await start({ a: 'aaa' });
    writeFileSync(path.join(state.folder, 'a'), 'bbb');
    utimesSync(path.join(state.folder, 'a'), 1, 1);
    expect((await collected(state)).changes).toEqual({ a: 'bbb' });
  });

  test('what changed back is no change, and what an earlier call changed stays', async () => {
    const state = await start({ a: 'a', b: 'b' }, { a: 'A', b: null });
    writeTree(state.folder, { a: 'a' });
    expect(await collected(state)).toMatchObject({ changed: ['a'], changes: { b: null } });
  });

  test('C1, C2: links, pipes, sockets and devices do not come back, and nothing is read through them', async () => {
    const outside = tempFolder({ secret: 'secret' });
    const state = await start({ a: 'a', 'sub/x': 'x', 'sub/y': 'y', kept: 'k' });
    const { folder } = state;
    const at = (name: string) => path.join(folder, name);
    symlinkSync(path.join(outside, 'secret'), at('leak'));
    rmSync(at('a'));
    symlinkSync('/etc/passwd', at('a'));
    rmSync(at('sub'), { recursive: true });
    symlinkSync(outside, at('sub'));
    execFileSync('mkfifo', [at('pipe')]);
    rmSync(at('kept'));
    execFileSync('mkfifo', [at('kept')]);
    const { changes, changed, refused } = await collected(state);
    expect({ changes, changed }).toEqual({ changes: {}, changed: [] });
    expect(Object.keys(refused).sort()).toEqual(['a', 'kept', 'leak', 'pipe', 'sub', 'sub/x', 'sub/y']);
  });

  test('a hard link is the file that it is; a git repository made inside is no part of it', async () => {
    const state = await start({ a: 'a' });
    linkSync(path.join(state.folder, 'a'), path.join(state.folder, 'b'));
    mkdirSync(path.join(state.folder, '.git'));
    writeTree(state.folder, { '.git/config': 'x', 'sub/.git/hooks/post-checkout': 'x', '.git~/ok': 'x' });
    expect((await collected(state)).changes).toEqual({ b: 'a', '.git~/ok': 'x' });
  });

  test('C3: what is ignored does not come back; what the workspace holds does, and is not lost when it is ignored now', async () => {
    const state = await start({ '.gitignore': 'node_modules\n', a: 'a', b: 'b', c: 'c' });
    writeTree(state.folder, { 'node_modules/x/y': 'y', '.gitignore': 'node_modules\na\nb\nc\n', b: 'B' });
    rmSync(path.join(state.folder, 'c'));
    expect((await collected(state)).changes).toEqual({ '.gitignore': 'node_modules\na\nb\nc\n', b: 'B', c: null });
  });

  test('C3: the rules above the workspace hold for new files', async () => {
    const top = tempFolder({ '.gitignore': 'dist\n*.log\n', 'pkg/a': 'a' });
    mkdirSync(path.join(top, '.git'));
    const state = await made(await worldIn(path.join(top, 'pkg')));
    writeTree(state.folder, { 'dist/out.js': 'x', 'x.log': 'x', new: 'n' });
    expect((await collected(state)).changes).toEqual({ new: 'n' });
  });

  test('C4: a file too large is refused without being read; too many bytes or files end it', async () => {
    const state = await start({ a: 'a' });
    writeTree(state.folder, { huge: '', 'fits.txt': 'x' });
    truncateSync(path.join(state.folder, 'huge'), 1024 ** 4);
    expect(await collected(state)).toMatchObject({
      changes: { 'fits.txt': 'x' },
      refused: { huge: expect.stringMatching(/more than/) },
    });
    for (let i = 0; i <= OVERLAY.bytes / OVERLAY.fileBytes; i++) {
      writeTree(state.folder, { [`f${i}`]: '' });
      truncateSync(path.join(state.folder, `f${i}`), OVERLAY.fileBytes);
    }
    await expect(collected(state)).rejects.toMatchObject({ code: 'BRAID_OVERLAY_TOO_LARGE' });
  });

  test('C4: too many files', async () => {
    const state = await start({ a: 'a' });
    for (let i = 0; i <= OVERLAY.files; i++) writeFileSync(path.join(state.folder, `f${i}`), '');
    await expect(collected(state)).rejects.toMatchObject({ code: 'BRAID_OVERLAY_TOO_LARGE' });
  });

  test('a file where a folder was, and the other way round', async () => {
    const state = await start({ 'a/x': 'x', b: 'b' });
    rmSync(path.join(state.folder, 'a'), { recursive: true });
    rmSync(path.join(state.folder, 'b'));
    writeTree(state.folder, { a: 'file', 'b/below': 'y' });
    expect(await collected(state)).toMatchObject({
      refused: {},
      changes: { a: 'file', 'a/x': null, b: null, 'b/below': 'y' },
    });
  });

  test('a file where a link was stays out: links are not changed', async () => {
    const root = tempFolder({ 'src/a': 'a' });
    symlinkSync('src', path.join(root, 'link'));
    const state = await made(await worldIn(root));
    rmSync(path.join(state.folder, 'link'));
    writeTree(state.folder, { 'link/x': 'x', new: 'n' });
    const { changes, refused } = await collected(state);
    expect(changes).toEqual({ new: 'n' });
    expect(Object.keys(refused).sort()).toEqual(['link', 'link/x']);
    expect(readFileSync(path.join(root, 'src/a'), 'utf8')).toBe('a');
  });
});
