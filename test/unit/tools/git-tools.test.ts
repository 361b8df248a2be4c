import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { splitPatch } from '../../../activities/tools/patch.ts';
import { hashText } from '../../../protocol/hash.ts';
import { TOOL_OUTPUT } from '../../../protocol/limits.ts';
import { commitAll, git, tempFolder, tempRepository, writeTree } from '../workspace/kit.ts';
import { callsOver, outputOf } from './kit.ts';

/** Three commits; the last one only in `side`. */
function history() {
  const root = tempRepository({ 'in/a': '1\n', 'out/b': 'outside\n', 'in/bin': 'x\0y' });
  writeTree(root, { 'in/a': '2\n', 'out/b': 'outside 2\n' });
  const second = commitAll(root, 'second: more');
  git(root, 'checkout', '-q', '-b', 'side');
  writeTree(root, { 'in/a': 'side\n' });
  const side = commitAll(root, 'aside');
  git(root, 'checkout', '-q', 'main');
  return { root, first: git(root, 'rev-parse', 'HEAD~1'), second, side };
}

describe('diff', () => {
  test('summary, then the changes; by path; recorded', async () => {
    const root = tempRepository({ 'src/a': '1\n2\n', 'src/b': 'b\n', doc: 'd\n' });
    writeTree(root, { 'src/a': '1\ntwo\n', 'src/new file': 'n\n', doc: 'D\n' });
    const call = await callsOver(root, 'main');
    const all = await call('diff');
    expect(all.output).toMatch(
      /^3 files changed against main \([0-9a-f]{12}\): \+3 -2\n {2}\+1 -1 {2}doc\n {2}\+1 -1 {2}src\/a\n/,
    );
    expect(all.output).toContain('-2\n+two');
    expect(all.reads).toEqual([{ kind: 'diff', what: 'diff {}', hash: hashText(all.output) }]);
    const one = await outputOf(call('diff', { path: 'src/new file' }));
    expect(one).toContain('+n');
    expect(one).not.toContain('two');
    expect(await outputOf(call('diff', { path: 'src' }))).toMatch(/^2 files/);
    expect(await outputOf(call('diff', { path: 'src/b' }))).toMatch(/^Nothing changed in src\/b against main/);
  });

  test('a large one comes in parts', async () => {
    const root = tempRepository({ a: 'x\n' });
    writeTree(root, { a: 'long line of text\n'.repeat(5000) });
    const call = await callsOver(root, 'HEAD');
    const first = await outputOf(call('diff'));
    expect(first.length).toBeLessThanOrEqual(TOOL_OUTPUT.chars);
    const next = Number(/go on with offset (\d+), or name a path\]$/.exec(first)?.[1]);
    expect((await outputOf(call('diff', { offset: next }))).split('\n')[0]).toBe('+long line of text');
  });

  test('without --base it says so', async () => {
    expect(await (await callsOver(tempRepository({ a: '' })))('diff')).toMatchObject({
      isError: true,
      output: expect.stringContaining('--base'),
    });
  });

  test('names of all kinds of sections', async () => {
    const patch = [
      'diff --git a/x y b/x y',
      'old mode 100644',
      'new mode 100755',
      'diff --git a/old b/new',
      'similarity index 100%',
      'rename from old',
      'rename to new',
      'diff --git a/gone b/gone',
      'deleted file mode 100644',
      '--- a/gone',
      '+++ /dev/null',
      '@@ -1 +0,0 @@',
      '-diff --git a/no b/no',
      '--- x',
      'diff --git "a/t\\tb" "b/t\\tb"',
      '--- /dev/null',
      '+++ "b/t\\tb"',
      '@@ -0,0 +1 @@',
      '+++ b/not-a-header',
      'diff --git a/b b b/b b',
      '--- a/b b\t',
      '+++ b/b b\t',
      '@@ -1 +1 @@',
      '-1',
      '+2',
      'diff --git a/bin b/bin',
      'Binary files a/bin and b/bin differ',
      '',
    ].join('\n');
    expect(splitPatch(patch).map(({ path: name, added, removed }) => [name, added, removed])).toEqual([
      ['x y', 0, 0],
      ['new', 0, 0],
      ['gone', 0, 2],
      ['t\tb', 1, 0],
      ['b b', 1, 1],
      ['bin', 0, 0],
    ]);
  });
});

describe('git_log and git_show', () => {
  test('see the moment of the snapshot, not what came after', async () => {
    const { root, second } = history();
    const call = await callsOver(root);
    writeTree(root, { 'in/a': '3\n' });
    commitAll(root, 'later');
    const log = await call('git_log');
    expect(log.output).toBe(
      `${second.slice(0, 12)} 2026-01-02 Ann: second: more\n${git(root, 'rev-parse', 'HEAD~2').slice(0, 12)} 2026-01-02 Ann: first`,
    );
    expect(log.reads).toEqual([{ kind: 'git', what: 'git_log {}', hash: hashText(log.output) }]);
    expect(await outputOf(call('git_show', { revision: 'HEAD' }))).toContain('second: more');
    expect(await outputOf(call('git_show', { revision: 'HEAD', path: 'in/a', content: true }))).toBe('1\t2');
    expect(await outputOf(call('git_show', { revision: 'HEAD~1', path: 'in/a', content: true }))).toBe('1\t1');
    expect(await call('git_show', { revision: git(root, 'rev-parse', 'HEAD') })).toMatchObject({
      isError: true,
      output: expect.stringContaining('not in the history'),
    });
  });

  test('a commit shows message and change', async () => {
    const { root, second } = history();
    const shown = await outputOf((await callsOver(root))('git_show', { revision: second.slice(0, 10) }));
    expect(shown).toMatch(
      new RegExp(`^commit ${second}\nAuthor: Ann\nDate: {3}2026-01-02T03:04:05(Z|\\+00:00)\n\n {4}second: more\n`),
    );
    expect(shown).toContain('-1\n+2');
  });

  test('nothing outside of the workspace, although the repository has more', async () => {
    const { root, second } = history();
    const call = await callsOver(path.join(root, 'in'));
    const shown = await outputOf(call('git_show', { revision: second }));
    expect(shown).toContain('+2');
    expect(shown).not.toContain('outside');
    expect(await outputOf(call('git_show', { revision: second, path: 'a', content: true }))).toBe('1\t2');
    for (const input of [{ path: '../out/b' }, { path: 'out/b' }]) {
      expect(await call('git_show', { revision: second, content: true, ...input })).toMatchObject({ isError: true });
    }
  });

  test('limit, ranges and paths', async () => {
    const { root, first, second } = history();
    const call = await callsOver(root);
    expect(await outputOf(call('git_log', { limit: 1 }))).toMatch(
      new RegExp(`second: more\n\\[there are more; go on with revision ${first.slice(0, 12)}\\]$`),
    );
    expect((await outputOf(call('git_log', { revision: `${first}..${second}` }))).split('\n')).toHaveLength(1);
    expect((await outputOf(call('git_log', { revision: 'HEAD~1..' }))).split('\n')).toHaveLength(1);
    expect((await outputOf(call('git_log', { path: 'in/bin' }))).split('\n')).toHaveLength(1);
    expect(await outputOf(call('git_log', { path: '*' }))).toBe('No commit of * there.');
  });

  test('a base of another branch can be looked at', async () => {
    const { root, side } = history();
    expect(await (await callsOver(root))('git_show', { revision: 'side' })).toMatchObject({ isError: true });
    expect(await outputOf((await callsOver(root, 'side'))('git_show', { revision: 'side' }))).toContain(
      `commit ${side}`,
    );
  });

  test.each([
    '--output=/tmp/braid-evil',
    '-h',
    '--all',
    'HEAD:in/a',
    'HEAD@{1}',
    'HEAD^{tree}',
    ':/first',
    'no-such',
    '',
    'a..b..c',
    'HEAD\0',
    'HEAD --all',
    '$(id)',
  ])('the revision %j is refused', async (revision) => {
    const call = await callsOver(history().root);
    expect(await call('git_show', { revision })).toMatchObject({ isError: true, reads: [] });
    expect(await call('git_log', { revision: revision || 'HEAD..nothing' })).toMatchObject({
      isError: true,
      reads: [],
    });
    expect(existsSync('/tmp/braid-evil')).toBe(false);
  });

  test('binary content, a huge file and a folder', async () => {
    const root = tempRepository({ bin: 'x\0y', big: 'line of text\n'.repeat(100_000), 'dir/a': '' });
    const call = await callsOver(root);
    expect(await call('git_show', { revision: 'HEAD', path: 'bin', content: true })).toMatchObject({ isError: true });
    expect(await call('git_show', { revision: 'HEAD', path: 'dir', content: true })).toMatchObject({ isError: true });
    const part = await outputOf(call('git_show', { revision: 'HEAD', path: 'big', content: true }));
    expect(part.length).toBeLessThanOrEqual(TOOL_OUTPUT.chars);
    expect(part).toMatch(/\[line \d+ of 100000; go on with offset \d+\]$/);
  });

  test('no repository, and one without commits', async () => {
    const plain = await callsOver(tempFolder({ a: '' }));
    expect(await plain('git_log')).toMatchObject({
      isError: true,
      output: expect.stringContaining('no git repository'),
    });
    const root = tempFolder({ a: '' });
    git(root, 'init', '-q');
    expect(await (await callsOver(root))('git_show', { revision: 'HEAD' })).toMatchObject({
      isError: true,
      output: expect.stringContaining('no commits'),
    });
  });
});
