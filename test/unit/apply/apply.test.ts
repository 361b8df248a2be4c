import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFiles, type Checked } from '../../../client/apply/check.ts';
import { writeSteps } from '../../../client/apply/write.ts';
import type { Store } from '../../../store/blobs.ts';
import type { ChangedFile, FileState } from '../../../store/overlaid.ts';
import { tempFolder, tempStore } from '../workspace/kit.ts';

const state = (content: string | Uint8Array, mode = 0o644): FileState => ({
  kind: 'text',
  hash: createHash('sha256').update(content).digest('hex'),
  size: content.length,
  mode,
  binary: false,
  target: null,
});

/** Changes as a patch has them, with their contents in the store. */
async function changes(
  store: Store,
  list: [path: string, before: string | null, after: string | null, mode?: number][],
) {
  for (const [, , after] of list) if (after !== null) await store.put(after);
  return list.map(([name, before, after, mode]): ChangedFile => {
    return {
      path: name,
      before: before === null ? null : state(before),
      after: after === null ? null : state(after, mode),
    };
  });
}

const files = (root: string) =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(path.join(root, name)).isFile())
      .toSorted()
      .map((name) => [name, readFileSync(path.join(root, name), 'utf8')]),
  );
const whys = ({ problems }: Checked) => problems.map((problem) => `${problem.path}: ${problem.why}`);

describe('applying a patch to a folder', () => {
  it('adds, changes and deletes, keeps permissions but for what the patch says, and leaves nothing behind', async () => {
    const [store, root] = [
      tempStore(),
      tempFolder({ 'a.txt': 'a', 'run.sh': 'x', 'old/deep/b.txt': 'b', 'keep.txt': 'k' }),
    ];
    chmodSync(path.join(root, 'a.txt'), 0o640);
    const open = await changes(store, [
      ['a.txt', 'a', 'A'],
      ['run.sh', 'x', 'x', 0o755],
      ['old/deep/b.txt', 'b', null],
      ['new/dir/c.txt', null, 'c'],
    ]);
    const { steps, problems } = await checkFiles(root, open);
    expect(problems).toEqual([]);
    await writeSteps(root, steps, store);
    expect(files(root)).toEqual({ 'a.txt': 'A', 'run.sh': 'x', 'new/dir/c.txt': 'c', 'keep.txt': 'k' });
    expect(statSync(path.join(root, 'a.txt')).mode & 0o777).toBe(0o640);
    expect(statSync(path.join(root, 'run.sh')).mode & 0o111).not.toBe(0);
    expect(existsSync(path.join(root, 'old'))).toBe(false);
    expect(await checkFiles(root, open)).toEqual({ steps: [], problems: [], already: open.map((file) => file.path) });
  });

  it('A1 every file that is not as it was is named, and only looked at', async () => {
    const [store, root] = [tempStore(), tempFolder({ 'a.txt': 'mine', 'new.txt': 'in the way', 'b.txt': 'b' })];
    const open = await changes(store, [
      ['a.txt', 'a', 'A'],
      ['gone.txt', 'g', 'G'],
      ['new.txt', null, 'n'],
      ['b.txt', 'b', 'B'],
    ]);
    const binary = { path: 'bin', before: { ...state('x'), hash: null }, after: null };
    writeFileSync(path.join(root, 'bin'), 'x');
    const checked = await checkFiles(root, [...open, binary]);
    expect(whys(checked)).toEqual([
      'a.txt: it was changed since the run began',
      'gone.txt: it is not there any more',
      'new.txt: the run made it new, and a file is there by now',
      'bin: the run does not know what was in it, so it cannot be compared',
    ]);
    expect(files(root)).toEqual({ 'a.txt': 'mine', 'new.txt': 'in the way', 'b.txt': 'b', bin: 'x' });
  });

  it('A2 no link is followed, and a folder is no file', async () => {
    const [store, root, outside] = [tempStore(), tempFolder({ folder: '' }), tempFolder({ 'secret.txt': 's' })];
    rmSync(path.join(root, 'folder'));
    mkdirSync(path.join(root, 'folder'));
    symlinkSync(outside, path.join(root, 'link'));
    symlinkSync(path.join(outside, 'secret.txt'), path.join(root, 'file'));
    const open = await changes(store, [
      ['link/secret.txt', 's', 'S'],
      ['link/new.txt', null, 'n'],
      ['file', 's', 'S'],
      ['folder', null, 'f'],
    ]);
    expect(whys(await checkFiles(root, open))).toEqual([
      'link/secret.txt: link is a symbolic link',
      'link/new.txt: link is a symbolic link',
      'file: it is a symbolic link',
      'folder: it is no regular file',
    ]);
    expect(files(outside)).toEqual({ 'secret.txt': 's' });
  });

  it('when one file cannot be put in its place, those before it are put back', async () => {
    const [store, root] = [tempStore(), tempFolder({ 'a.txt': 'a', 'c.txt': 'c' })];
    const open = await changes(store, [
      ['a.txt', 'a', 'A'],
      ['b/new.txt', null, 'n'],
      ['c.txt', 'c', null],
    ]);
    const { steps } = await checkFiles(root, open);
    // It goes away between the look and the deed.
    rmSync(path.join(root, 'c.txt'));
    await expect(writeSteps(root, steps, store)).rejects.toThrow(/ENOENT/);
    expect(files(root)).toEqual({ 'a.txt': 'a' });
    expect(existsSync(path.join(root, 'b'))).toBe(false);
  });

  it('a content that the store does not have changes nothing', async () => {
    const [store, root] = [tempStore(), tempFolder({ 'a.txt': 'a', 'b.txt': 'b' })];
    const open = [
      ...(await changes(store, [['a.txt', 'a', 'A']])),
      { path: 'b.txt', before: state('b'), after: state('lost') },
    ];
    const { steps } = await checkFiles(root, open);
    await expect(writeSteps(root, steps, store)).rejects.toMatchObject({ code: 'BRAID_BLOB_MISSING' });
    expect(files(root)).toEqual({ 'a.txt': 'a', 'b.txt': 'b' });
  });
});
