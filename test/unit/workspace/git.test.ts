import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { quoted, unquoted } from '../../../store/git-path.ts';
import { runGit } from '../../../store/git.ts';
import { resolveCommit } from '../../../activities/workspace/git.ts';
import { takeSnapshot } from '../../../activities/workspace/take.ts';
import { commitAll, git, NEVER, tempFolder, tempRepository, tempStore, writeTree } from './kit.ts';

async function patchOf(root: string, base: string): Promise<string> {
  const store = tempStore();
  const { manifest } = await takeSnapshot(store, { root, base }, { signal: NEVER });
  return store.getText(manifest.base?.diff ?? '');
}

describe('--base', () => {
  test('changed, added, removed, renamed, untracked; the patch applies to the base', async () => {
    const root = tempRepository({
      'a.txt': '1\n2\n3\n',
      'gone.txt': 'x\n',
      'old name.txt': 'long enough\nto be seen\nas a rename\n',
      '.gitignore': 'ignored\n',
      'staged.txt': 's\n',
    });
    writeTree(root, {
      'a.txt': '1\ntwo\n3\n',
      'staged.txt': 'S\n',
      'sub/new.txt': 'n1\nn2',
      empty: '',
      ignored: 'secret',
      'o"dd\n.txt': 'o\n',
    });
    git(root, 'rm', '-q', 'gone.txt');
    git(root, 'mv', 'old name.txt', 'new name.txt');
    git(root, 'add', 'staged.txt');
    const patch = await patchOf(root, 'HEAD');
    expect(patch).not.toContain('secret');
    const fresh = tempFolder();
    git(fresh, 'clone', '-q', root, '.');
    writeFileSync(path.join(fresh, '.git/p.patch'), patch);
    git(fresh, 'apply', '--index', '.git/p.patch');
    git(root, 'add', '-A');
    expect(git(fresh, 'write-tree')).toBe(git(root, 'write-tree'));
  });

  test('is against the named revision, below the root only, and leaves the repository alone', async () => {
    const root = tempRepository({ 'in/a': '1\n', 'out/b': '1\n' });
    writeTree(root, { 'in/a': '2\n', 'out/b': '2\n' });
    const second = commitAll(root, 'second');
    writeTree(root, { 'in/c': 'new\n', 'out/d': 'new\n' });
    const before = git(root, 'status', '--porcelain');
    const patch = await patchOf(path.join(root, 'in'), 'HEAD~1');
    expect(patch).toContain('diff --git a/a b/a');
    expect(patch).toContain('+++ b/c');
    expect(patch).not.toMatch(/out|[/ ]b\/b|d$/m);
    expect(await patchOf(path.join(root, 'in'), second)).not.toContain('a/a');
    expect(git(root, 'status', '--porcelain')).toBe(before);
  });

  test.each([
    ['unknown', 'no-such-branch'],
    ['an option', '--output=/tmp/braid-should-not-exist'],
    ['another option', '-h'],
    ['a file of the tree', 'HEAD:a'],
    ['a NUL', 'HEAD\0'],
    ['empty', ''],
  ])('a revision that is %s is BRAID_GIT', async (_, base) => {
    await expect(patchOf(tempRepository({ a: 'x' }), base)).rejects.toMatchObject({ code: 'BRAID_GIT' });
    expect(existsSync('/tmp/braid-should-not-exist')).toBe(false);
  });

  test('outside of a work tree it is BRAID_GIT; without --base nothing is amiss', async () => {
    const root = tempFolder({ a: 'x' });
    await expect(patchOf(root, 'HEAD')).rejects.toMatchObject({
      code: 'BRAID_GIT',
      message: expect.stringContaining(root),
    });
    const { manifest } = await takeSnapshot(tempStore(), { root, base: null }, { signal: NEVER });
    expect(manifest).toMatchObject({ git: null, base: null });
  });

  test('HEAD is recorded; before the first commit it is null', async () => {
    const root = tempRepository({ a: 'x' });
    const head = git(root, 'rev-parse', 'HEAD');
    expect((await takeSnapshot(tempStore(), { root, base: null }, { signal: NEVER })).manifest.git).toEqual({ head });
    const empty = tempFolder({ a: 'x' });
    git(empty, 'init', '-q');
    expect((await takeSnapshot(tempStore(), { root: empty, base: null }, { signal: NEVER })).manifest.git).toEqual({
      head: null,
    });
  });
});

describe('G1: a hostile repository starts no program', () => {
  const touch = (name: string) => `sh -c 'touch ${name}; cat'`;
  const settings: [string, string, string][] = [
    ['fsmonitor', 'core.fsmonitor', ''],
    ['external diff', 'diff.external', ''],
    ['diff driver', 'diff.evil.command', '* diff=evil\n'],
    ['textconv', 'diff.evil.textconv', '* diff=evil\n'],
    ['clean filter', 'filter.evil.clean', '* filter=evil\n'],
    ['filter process', 'filter.evil.process', '* filter=evil\n'],
    ['filter with an odd name', 'filter.e=v il.clean', ''],
    ['pager', 'core.pager', ''],
    ['alternate refs', 'core.alternateRefsCommand', ''],
  ];
  test.each(settings)('%s', async (_, name, attributes) => {
    const root = tempRepository({ a: '1\n' });
    const mark = path.join(tempFolder(), 'mark');
    git(root, 'config', name, touch(mark));
    writeTree(root, { '.gitattributes': attributes, a: '2\n' });
    expect(await patchOf(root, 'HEAD')).toContain('+2');
    expect(existsSync(mark)).toBe(false);
  });

  test('the setup above does start one with plain git', () => {
    const root = tempRepository({ a: '1\n' });
    const mark = path.join(tempFolder(), 'mark');
    git(root, 'config', 'filter.evil.clean', touch(mark));
    writeTree(root, { '.gitattributes': '* filter=evil\n', a: '2\n' });
    git(root, 'diff', 'HEAD');
    expect(existsSync(mark)).toBe(true);
  });
});

test('G2: GIT_* of the caller does not reach git', async () => {
  const [one, two] = [tempRepository({ a: '1' }), tempRepository({ a: '2' })];
  process.env['GIT_DIR'] = path.join(two, '.git');
  onTestFinished(() => void delete process.env['GIT_DIR']);
  const commit = await resolveCommit(one, 'HEAD');
  delete process.env['GIT_DIR'];
  expect(commit).toBe(git(one, 'rev-parse', 'HEAD'));
});

test('G3: output is cut, an aborted command ends', async () => {
  const root = tempRepository({ big: 'x\n'.repeat(200_000) });
  const result = await runGit(root, ['cat-file', 'blob', 'HEAD:big'], { maxBytes: 1000 });
  expect(result).toMatchObject({ truncated: true });
  expect(result.stdout.byteLength).toBe(1000);
  const controller = new AbortController();
  const reason = new Error('enough');
  const running = runGit(root, ['log', '--all'], { maxBytes: 1000, signal: controller.signal });
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
});

test('a folder that is gone is BRAID_GIT', async () => {
  await expect(runGit('/nowhere/at/all', ['status'], { maxBytes: 10 })).rejects.toMatchObject({ code: 'BRAID_GIT' });
});

test.each(['plain', 'with space', 'tab\t', 'quote"', 'back\\slash', 'new\nline', '\u0001\u007f', 'ü🦊', '"'])(
  'quoted %j',
  (name) => {
    expect(unquoted(quoted(name))).toBe(name);
    expect(quoted(name)).toMatch(/^[^\x00-\x1f]*$/);
  },
);
test('what git quotes by bytes', () => expect(unquoted('"\\303\\274\\a"')).toBe('ü\u0007'));
