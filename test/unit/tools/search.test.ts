import { describe, expect, test } from 'vitest';
import { hashText } from '../../../protocol/hash.ts';
import { TOOL_OUTPUT } from '../../../protocol/limits.ts';
import { callsOn, outputOf } from './kit.ts';

const TREE = {
  'src/a.ts': 'import x\nconst Foo = 1;\nfoo();\n',
  'src/b/c.ts': 'foo\r\nbar\n',
  'src/b/d.js': 'foo.bar\n',
  'README.md': 'Foo\n',
  '.hidden/e.ts': 'foo\n',
  bin: 'foo\0',
};

describe('grep', () => {
  const cases: [object, string[]][] = [
    [
      { pattern: 'foo' },
      [
        '.hidden/e.ts:1: foo',
        'src/a.ts:3: foo();',
        'src/b/c.ts:1: foo',
        'src/b/d.js:1: foo.bar',
        '[4 matches in 4 files]',
      ],
    ],
    [
      { pattern: 'FOO', ignoreCase: true, path: 'src/a.ts' },
      ['src/a.ts:2: const Foo = 1;', 'src/a.ts:3: foo();', '[2 matches in 1 file]'],
    ],
    [{ pattern: '(?i)^FOO$', path: 'src' }, ['src/b/c.ts:1: foo', '[1 match in 1 file]']],
    [{ pattern: 'foo', glob: '*.js' }, ['src/b/d.js:1: foo.bar', '[1 match in 1 file]']],
    [{ pattern: 'foo', glob: 'src/*.ts' }, ['src/a.ts:3: foo();', '[1 match in 1 file]']],
    [{ pattern: 'foo', glob: '**/*.{js,md}' }, ['src/b/d.js:1: foo.bar', '[1 match in 1 file]']],
    [{ pattern: '(?<!b)ar$' }, ['No line matches (?<!b)ar$.']],
    [{ pattern: 'foo\\.', path: './src/' }, ['src/b/d.js:1: foo.bar', '[1 match in 1 file]']],
    [{ pattern: '^$' }, ['No line matches ^$.']],
    [
      { pattern: 'foo\\(', path: 'src/a.ts', context: 1 },
      ['src/a.ts-2- const Foo = 1;', 'src/a.ts:3: foo();', '[1 match in 1 file]'],
    ],
  ];
  test.each(cases)('%j', async (input, lines) => {
    const answer = await (await callsOn(TREE))('grep', { ...input });
    expect(answer.output.split('\n')).toEqual(lines);
    expect(answer).toMatchObject({ isError: false, reads: [{ kind: 'search', hash: hashText(answer.output) }] });
  });

  test('context lines never repeat, and gaps are marked', async () => {
    const call = await callsOn({ a: 'x1\n2\nx3\n4\n5\n6\n7\nx8\n' });
    const lines = (await outputOf(call('grep', { pattern: 'x', context: 1 }))).split('\n');
    expect(lines).toEqual([
      'a:1: x1',
      'a-2- 2',
      'a:3: x3',
      'a-4- 4',
      '--',
      'a-7- 7',
      'a:8: x8',
      '[3 matches in 1 file]',
    ]);
  });

  test.each(['(', '[z-a]', '(?<a', '\\'])('a wrong pattern is an error for the model: %s', async (pattern) => {
    const answer = await (await callsOn(TREE))('grep', { pattern });
    expect(answer).toMatchObject({ isError: true, output: expect.stringContaining('Invalid regular expression') });
  });

  test('a path that is not there names near ones', async () => {
    const answer = await (await callsOn(TREE))('grep', { pattern: 'x', path: 'src/aa.ts' });
    expect(answer).toMatchObject({ isError: true, output: expect.stringContaining('src/a.ts') });
  });

  test('the answer is bounded and says that there is more', async () => {
    const call = await callsOn({
      many: 'hit\n'.repeat(100_000),
      long: `${'y'.repeat(500_000)}needle${'z'.repeat(500_000)}`,
    });
    const many = await outputOf(call('grep', { pattern: 'hit' }));
    expect(many.length).toBeLessThanOrEqual(TOOL_OUTPUT.chars + 200);
    expect(many).toMatch(/\[cut: the first 2,000 matches in 1 file; there are more\./);
    const long = await outputOf(call('grep', { pattern: 'needle' }));
    expect(long).toMatch(/^long:1: …y+needlez+…\n/);
    expect(long.length).toBeLessThan(1000);
  });
});

describe('T1, T2: catastrophic patterns', () => {
  const trap = { trap: `${'a'.repeat(60_000)}!`, ['a'.repeat(200)]: 'fine' };

  test('end in time, alone and many at once, and the next search works', async () => {
    const call = await callsOn(trap);
    const started = Date.now();
    const bad = await Promise.all(
      ['(a+)+$', '(a|a)*b', '(?:a*)*c'].slice(0, TOOL_OUTPUT.searchThreads).map((pattern) => call('grep', { pattern })),
    );
    for (const answer of bad)
      expect(answer).toMatchObject({ isError: true, output: expect.stringContaining('longer than 5 s'), reads: [] });
    expect(Date.now() - started).toBeLessThan(TOOL_OUTPUT.searchMs + 3000);
    expect(await outputOf(call('grep', { pattern: 'fine' }))).toContain('[1 match in 1 file]');
  });

  test('of glob too, and this thread stays free meanwhile', async () => {
    const call = await callsOn({ ['a'.repeat(250)]: '', b: '' });
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 50);
    const answer = await call('glob', { pattern: `${'*a'.repeat(60)}b` });
    clearInterval(timer);
    expect(answer).toMatchObject({ isError: true, output: expect.stringContaining('longer than 5 s') });
    expect(ticks).toBeGreaterThan(50);
    expect(await outputOf(call('glob', { pattern: 'b' }))).toBe('b');
  });

  test('an abort ends a search at once', async () => {
    const call = await callsOn(trap);
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 200);
    const started = Date.now();
    await expect(call('grep', { pattern: '(a+)+$' }, controller.signal)).rejects.toBe(reason);
    expect(Date.now() - started).toBeLessThan(2000);
  });
});

describe('glob', () => {
  const cases: [object, string][] = [
    [{ pattern: '**/*.ts' }, '.hidden/e.ts\nsrc/a.ts\nsrc/b/c.ts'],
    [{ pattern: './src/*.ts' }, 'src/a.ts'],
    [{ pattern: '*.ts', path: 'src/b' }, 'src/b/c.ts'],
    [{ pattern: 'src/**/{c,d}.*' }, 'src/b/c.ts\nsrc/b/d.js'],
    [{ pattern: '*.ts' }, 'No file of the workspace matches *.ts. In any folder: **/*.ts'],
    [{ pattern: '[' }, 'No file of the workspace matches [. In any folder: **/['],
    [{ pattern: '{1..99999999}' }, 'No file of the workspace matches {1..99999999}. In any folder: **/{1..99999999}'],
  ];
  test.each(cases)('%j', async (input, expected) => {
    const answer = await (await callsOn(TREE))('glob', { ...input });
    expect(answer.output).toBe(expected);
    expect(answer.reads[0]).toMatchObject({ kind: 'search', hash: hashText(expected) });
  });

  test('leads nowhere outside', async () => {
    expect(await (await callsOn(TREE))('glob', { pattern: '../**' })).toMatchObject({ isError: true });
  });
});
