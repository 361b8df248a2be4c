import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hashText } from '../../../protocol/hash.ts';
import { TOOL_OUTPUT } from '../../../protocol/limits.ts';
import { tempFolder } from '../workspace/kit.ts';
import { callsOn, callsOver, outputOf } from './kit.ts';

describe('read', () => {
  test('numbers lines, whatever ends them, and records what was read', async () => {
    const call = await callsOn({ 'src/a.ts': 'one\r\ntwo\n\nfour', b: 'x\n' });
    expect(await call('read', { path: './src//a.ts' })).toEqual({
      output: '1\tone\n2\ttwo\n3\t\n4\tfour',
      isError: false,
      reads: [{ kind: 'file', what: 'src/a.ts', hash: hashText('one\r\ntwo\n\nfour') }],
    });
    expect(await outputOf(call('read', { path: 'b' }))).toBe('1\tx');
  });

  test('offset and limit; tells how to go on', async () => {
    const call = await callsOn({ a: Array.from({ length: 9 }, (_, i) => `l${i + 1}`).join('\n') });
    expect(await outputOf(call('read', { path: 'a', offset: 3, limit: 2 }))).toBe(
      '3\tl3\n4\tl4\n[lines 5 to 9 not shown; go on with offset 5]',
    );
    expect(await outputOf(call('read', { path: 'a', offset: 9 }))).toBe('9\tl9');
    expect(await call('read', { path: 'a', offset: 10 })).toMatchObject({
      isError: true,
      output: expect.stringContaining('9 lines'),
    });
  });

  test('parts add up to the file; none is longer than its bound', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `line ${i} ${'x'.repeat(i % 50)}`);
    const call = await callsOn({ a: lines.join('\n') });
    const seen: string[] = [];
    for (let offset = 1; offset > 0;) {
      const output = await outputOf(call('read', { path: 'a', offset }));
      expect(output.length).toBeLessThanOrEqual(TOOL_OUTPUT.chars);
      seen.push(...output.split('\n').filter((line) => /^\d+\t/.test(line)));
      offset = Number(/go on with offset (\d+)\]$/.exec(output)?.[1] ?? 0);
    }
    expect(seen).toEqual(lines.map((line, i) => `${i + 1}\t${line}`));
  });

  test('a line of a megabyte is cut and says so', async () => {
    const output = await outputOf((await callsOn({ a: `${'x'.repeat(1_000_000)}\nend` }))('read', { path: 'a' }));
    expect(output).toMatch(/x… \[\d+ more characters\]\n2\tend$/);
    expect(output.length).toBeLessThan(TOOL_OUTPUT.lineChars + 100);
  });

  test('what cannot be read says why, names near paths, and is part of the read set', async () => {
    const root = tempFolder({ 'src/index.ts': 'x', bin: 'a\0b', empty: '', 'lib/deep/index.js': '' });
    symlinkSync('src/index.ts', path.join(root, 'link'));
    symlinkSync('../index.ts', path.join(root, 'src/up'));
    symlinkSync('/etc/passwd', path.join(root, 'passwd'));
    symlinkSync('lib', path.join(root, 'dir'));
    const call = await callsOver(root);
    const cases: [string, RegExp, string][] = [
      ['index.ts', /no index\.ts .*Near it: src\/index\.ts/, 'absent'],
      ['src/indx.ts', /Near it: src\/index\.ts/, 'absent'],
      ['qqqqqqqqqqqq', /Look with list or glob/, 'absent'],
      ['src', /folder; use list/, 'absent'],
      ['bin', /binary \(3 bytes\)/, 'binary:3'],
      ['link', /link to src\/index\.ts; read that/, 'symlink:src/index.ts'],
      ['src/up', /no part of the workspace/, 'symlink:../index.ts'],
      ['passwd', /no part of the workspace/, 'symlink:/etc/passwd'],
      ['dir', /link to lib; list that/, 'symlink:lib'],
    ];
    for (const [what, output, hash] of cases) {
      expect(await call('read', { path: what })).toEqual({
        output: expect.stringMatching(output),
        isError: true,
        reads: [{ kind: 'file', what, hash }],
      });
    }
    expect(await outputOf(call('read', { path: 'empty' }))).toBe('empty is empty.');
  });
});

describe('paths', () => {
  test.each(['..', '../x', 'a/../../x', '/etc/passwd', '~/.ssh/id', 'a\0b', 'x'.repeat(5000), '/'])(
    '%j leads out: an error, no file',
    async (bad) => {
      const call = await callsOn({ a: 'x' });
      for (const [tool, input] of Object.entries({
        read: {},
        list: {},
        glob: { pattern: '*' },
        grep: { pattern: 'x' },
        diff: {},
        git_log: {},
      })) {
        expect(await call(tool, { ...input, path: bad })).toMatchObject({ isError: true, reads: [] });
      }
      expect(await call('git_show', { revision: 'HEAD', path: bad })).toMatchObject({ isError: true, reads: [] });
    },
  );

  test('an absolute path below the root, dots and doubled slashes are taken as meant', async () => {
    const root = tempFolder({ 'a/b': 'x' });
    const call = await callsOver(root);
    for (const good of [`${root}/a/b`, 'a/./b', 'a//b', './a/b', 'a/c/../b', 'a/b/']) {
      expect(await outputOf(call('read', { path: good }))).toBe('1\tx');
    }
    expect(await outputOf(call('list', { path: root }))).toContain('a/');
  });
});

describe('list', () => {
  test('folders first, then files with size or what they are', async () => {
    const root = tempFolder({ 'z/a': '', 'b/a': '', 'b/c/d': '', file: '12345', bin: '\0', 'odd\nname': '' });
    symlinkSync('file', path.join(root, 'link'));
    const call = await callsOver(root);
    const answer = await call('list');
    expect(answer.output.split('\n')).toEqual([
      'The workspace: 2 folders, 4 files',
      'b/',
      'z/',
      'bin  1 (binary, cannot be read)',
      'file  5',
      'link  -> file',
      '"odd\\nname"  0',
    ]);
    expect(answer.reads).toEqual([{ kind: 'list', what: 'list {}', hash: hashText(answer.output) }]);
    expect(await outputOf(call('list', { path: 'b' }))).toBe('b: 1 folder, 1 file\nc/\na  0');
    expect(await call('list', { path: 'file' })).toMatchObject({ isError: true, output: 'file is a file; use read.' });
    expect(await call('list', { path: 'bb' })).toMatchObject({
      isError: true,
      output: expect.stringContaining('There is no bb'),
    });
  });

  test('a full folder comes in parts', async () => {
    const call = await callsOn(
      Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`f${String(i).padStart(4, '0')}`, ''])),
    );
    const first = await outputOf(call('list'));
    expect(first).toMatch(/\[500 more entries; go on with offset 2001\]$/);
    expect((await outputOf(call('list', { offset: 2001 }))).split('\n').slice(1)).toHaveLength(500);
  });
});
