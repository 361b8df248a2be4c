import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parseRules } from '../../../store/ignore-rules.ts';
import { DEFAULT_LIMITS } from '../../../activities/workspace/limits.ts';
import { walk } from '../../../activities/workspace/walk.ts';
import { cpuClock } from '../../kit/cpu-time.ts';
import { git, NEVER, tempFolder, type Tree, writeTree } from './kit.ts';

async function walked(root: string): Promise<string[]> {
  const found = await walk({
    root,
    skip: new Set(),
    limits: DEFAULT_LIMITS,
    signal: NEVER,
    onProgress: () => undefined,
  });
  return found.map(({ path }) => path).sort();
}

/** What git itself takes for not ignored. */
function gitFiles(root: string): string[] {
  const args = ['ls-files', '--others', '--cached', '--exclude-standard', '-z'];
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean).sort();
}

describe('the same files as git', () => {
  const files = (...names: string[]): Tree => Object.fromEntries(names.map((name) => [name, name]));
  const cases: [string, Tree][] = [
    ['no rules', files('a', 'b/c')],
    [
      'names and folders',
      {
        '.gitignore': '*.log\nbuild/\n',
        ...files('a.log', 'x/b.log', 'build/out', 'x/build/out', 'builder', 'x/build.ts'),
      },
    ],
    ['anchored', { '.gitignore': '/top\nsub/deep\n', ...files('top', 'x/top', 'sub/deep', 'x/sub/deep') }],
    ['negation', { '.gitignore': '*.log\n!keep.log\n', ...files('a.log', 'keep.log', 'x/keep.log') }],
    ['an ignored folder cannot be reopened', { '.gitignore': 'x/\n!x/keep\n', ...files('x/keep', 'y') }],
    ['its content can', { '.gitignore': 'x/*\n!x/keep\n', ...files('x/keep', 'x/other', 'y') }],
    [
      'nested adds',
      { 'x/.gitignore': '*.tmp\n/here\n', ...files('a.tmp', 'x/a.tmp', 'x/y/b.tmp', 'x/here', 'x/y/here') },
    ],
    [
      'nested reopens',
      {
        '.gitignore': '*.log\nout/\n',
        'x/.gitignore': '!*.log\n!out/\n',
        ...files('a.log', 'x/a.log', 'x/out/f', 'out/f'),
      },
    ],
    [
      'nested closes again',
      {
        'x/.gitignore': '*.a\n',
        'x/y/.gitignore': '!*.a\n',
        'x/y/z/.gitignore': '*.a\n',
        ...files('x/1.a', 'x/y/1.a', 'x/y/z/1.a'),
      },
    ],
    [
      'double stars',
      { '.gitignore': '**/gen/**\na/**/b\n', ...files('gen/x', 'y/gen/z/x', 'a/b', 'a/c/d/b', 'a/c/d/c') },
    ],
    [
      'comments, blanks, escapes',
      {
        '.gitignore': '# no\n\n\\#yes\n\\!bang\ntrail   \nkept\\ \n',
        ...files('#yes', '!bang', 'trail', 'kept ', 'no'),
      },
    ],
    ['CRLF and a byte order mark', { '.gitignore': '\uFEFF*.log\r\nbuild\r\n', ...files('a.log', 'build', 'c') }],
    ['case counts', { '.gitignore': 'README\n', ...files('README', 'readme') }],
    [
      'classes and question marks',
      { '.gitignore': '*.py[co]\n?.x\n[!a]z\n', ...files('m.pyc', 'm.py', 'a.x', 'ab.x', 'az', 'bz') },
    ],
    ['a folder whose name is a pattern', { '[x]/.gitignore': 'a\n', ...files('[x]/a', '[x]/b', 'x/a') }],
    ['a folder with a blank', { 'my dir/.gitignore': 'sub/a\n', ...files('my dir/sub/a', 'my dir/a') }],
  ];
  test.each(cases)('%s', async (_, tree) => {
    const root = tempFolder(tree);
    git(root, 'init', '-q');
    expect(await walked(root)).toEqual(gitFiles(root));
  });

  test('.git/info/exclude', async () => {
    const root = tempFolder({ secret: '', open: '' });
    git(root, 'init', '-q');
    writeTree(root, { '.git/info/exclude': 'secret\n' });
    expect(await walked(root)).toEqual(['open']);
  });
});

describe('a root below the top', () => {
  const tree: Tree = {
    '.gitignore': 'node_modules/\n*.log\n',
    'pkg/.gitignore': 'dist\n',
    'pkg/src/a.ts': '',
    'pkg/src/a.log': '',
    'pkg/src/dist/b': '',
    'node_modules/x/index.js': '',
    'node_modules/x/x.log': '',
    'node_modules/x/.gitignore': 'tmp\n',
    'node_modules/x/tmp': '',
  };
  const root = () => {
    const top = tempFolder(tree);
    git(top, 'init', '-q');
    return top;
  };

  test('follows the rules above it', async () => expect(await walked(`${root()}/pkg/src`)).toEqual(['a.ts']));

  test('that is ignored itself follows only its own rules', async () => {
    expect(await walked(`${root()}/node_modules/x`)).toEqual(['.gitignore', 'index.js', 'x.log']);
  });

  test('outside of a git tree, files above it do not count', async () => {
    expect(await walked(`${tempFolder(tree)}/pkg/src`)).toEqual(['a.log', 'a.ts', 'dist/b']);
  });
});

describe('hostile rules', () => {
  const name = 'a'.repeat(250);
  test.each([
    ['many stars', '*a*a*a*a*a*a*a*a*a*a*b'],
    ['many double stars', `${'**/a/'.repeat(12)}b`],
    ['endless blanks', `${' '.repeat(60_000)}x`],
    ['a huge rule', 'x'.repeat(60_000)],
  ])('%s cost no time', async (_, rule) => {
    const root = tempFolder({ '.gitignore': `${rule}\nskip\n`, [`${'a/'.repeat(100)}${name}`]: '', skip: '' });
    const spent = cpuClock();
    expect(await walked(root)).not.toContain('skip');
    expect(spent()).toBeLessThan(2000);
  });

  test('a rule is moved, not changed', () => {
    expect(parseRules('a\n/b\n!c/\n!/d/e\n', 'x y')).toEqual([
      '/x\\ y/**/a',
      '/x\\ y/b',
      '!/x\\ y/**/c/',
      '!/x\\ y/d/e',
    ]);
  });
});
