import { chmodSync, mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readContexts } from '../../../client/input/contexts.ts';
import { getManifest } from '../../../store/contexts/manifest.ts';
import { openText } from '../../../store/contexts/reader.ts';
import { shareContext } from '../../../store/contexts/shared.ts';
import { tempFolder, tempRepository, tempStore, writeTree, type Tree } from '../workspace/kit.ts';
import { docx } from './documents.ts';
import { inPieces } from './kit.ts';

const PNG = Buffer.from('\x89PNG\r\n\x1a\n\0\0', 'latin1');

async function read(
  specs: string[],
  { tree = {}, cwd = tempFolder(tree), stdin = '' }: { tree?: Tree; cwd?: string; stdin?: string } = {},
) {
  const store = tempStore();
  const progress: { bytes: number; total: number | null }[] = [];
  const { context, digest, warnings } = await readContexts(specs, {
    cwd,
    store,
    stdin: inPieces(Buffer.from(stdin), 7),
    progress: (step) => progress.push(step),
  });
  if (context === null) return { context, kind: null, texts: {}, digest, warnings, progress };
  const manifest = await getManifest(store, digest);
  const shared = shareContext(manifest);
  const texts = manifest.parts.map(({ name, length }, i) => [name, openText(shared, i, store.home).slice(0, length)]);
  return { context, kind: context.kind, texts: Object.fromEntries(texts), digest, warnings, progress };
}

const TREE = { 'docs/a.md': '# A\n', 'docs/sub/b.txt': 'b', 'docs/sub/c.csv': 'x,y\n', 'main.log': 'log\n' };

test('no context', async () => {
  expect(await read([])).toMatchObject({ context: null, digest: '', warnings: [] });
});

test('one file is a text', async () => {
  const found = await read(['main.log'], { tree: TREE });
  expect(found).toMatchObject({ kind: 'text', texts: { 'main.log': 'log\n' }, warnings: [] });
  expect(found.progress.at(-1)).toEqual({ bytes: 4, total: 4 });
});

test('standard input is a text, read in pieces', async () => {
  expect(await read(['-'], { stdin: 'piped 😀 text' })).toMatchObject({
    kind: 'text',
    texts: { stdin: 'piped 😀 text' },
  });
});

test('a folder, a pattern and several contexts are files, in order, each once', async () => {
  const folder = { 'docs/a.md': '# A\n', 'docs/sub/b.txt': 'b', 'docs/sub/c.csv': 'x,y\n' };
  const found = await read(['docs'], { tree: TREE });
  expect(found).toMatchObject({ kind: 'files', texts: folder });
  expect(found.progress.at(-1)).toEqual({ bytes: 9, total: 9 });
  expect((await read(['docs/'], { tree: TREE })).digest).toBe(found.digest);
  expect((await read(['docs/**/*.{md,csv}'], { tree: TREE })).texts).toEqual({
    'docs/a.md': '# A\n',
    'docs/sub/c.csv': 'x,y\n',
  });
  expect((await read(['*.log'], { tree: TREE })).texts).toEqual({ 'main.log': 'log\n' });
  const several = await read(['main.log', 'docs/sub', './docs', '-'], { tree: TREE, stdin: 'in' });
  expect(Object.keys(several.texts)).toEqual(['main.log', 'docs/sub/b.txt', 'docs/sub/c.csv', 'docs/a.md', 'stdin']);
  expect((await read(['.'], { tree: TREE })).texts).toEqual(TREE);
});

test('a file named like a pattern is that file', async () => {
  expect((await read(['a[1].txt'], { tree: { 'a[1].txt': 'one', 'a1.txt': 'no' } })).texts).toEqual({
    'a[1].txt': 'one',
  });
});

test('files elsewhere keep their whole path', async () => {
  const other = tempFolder({ 'x/f': 'far' });
  expect((await read([`${other}/x/f`])).texts).toEqual({ [`${other}/x/f`]: 'far' });
});

test('equal contents have equal digests, wherever they lie', async () => {
  const [a, b, c] = await Promise.all(
    [TREE, TREE, { ...TREE, 'docs/a.md': '# B\n' }].map((tree) => read(['docs'], { tree })),
  );
  expect(a?.digest).toBe(b?.digest);
  expect(a?.digest).not.toBe(c?.digest);
});

describe('what a folder leaves out', () => {
  test('what Git ignores, .git, node_modules and links', async () => {
    const cwd = tempRepository({
      '.gitignore': 'build/\n*.tmp\n',
      'a.txt': 'a',
      'sub/.gitignore': '!keep.tmp\n',
      'sub/keep.tmp': 'k',
    });
    writeTree(cwd, { 'build/x.txt': 'x', 'b.tmp': 'b', 'node_modules/m/index.js': 'm', 'sub/node_modules/n.js': 'n' });
    symlinkSync('/etc/hosts', path.join(cwd, 'link.txt'));
    expect(Object.keys((await read(['.'], { cwd })).texts)).toEqual([
      '.gitignore',
      'a.txt',
      'sub/.gitignore',
      'sub/keep.tmp',
    ]);
    expect((await read(['node_modules'], { cwd })).texts).toEqual({ 'node_modules/m/index.js': 'm' });
    expect((await read(['build'], { cwd })).texts).toEqual({ 'build/x.txt': 'x' });
  });

  test('binary files, with one warning that counts them; documents are read', async () => {
    const tree = {
      'a.txt': 'a',
      '1.png': PNG,
      '2.png': PNG,
      '3.png': PNG,
      '4.png': PNG,
      'd.docx': docx([{ text: 'word' }]),
      'bad.pdf': 'x',
    };
    const found = await read(['.'], { tree });
    expect(found.texts).toEqual({ 'a.txt': 'a', 'd.docx': 'word' });
    expect(found.warnings).toEqual([
      '5 files were left out that cannot be read as text: 1.png, 2.png, 3.png and 2 more.',
    ]);
  });

  test('an empty file among others is a part', async () => {
    expect((await read(['.'], { tree: { a: '', b: 'b' } })).texts).toEqual({ a: '', b: 'b' });
  });
});

test('guesses are told', async () => {
  const found = await read(['f.txt'], { tree: { 'f.txt': Buffer.from('Gr\xfc\xdfe', 'latin1') } });
  expect(found).toMatchObject({
    texts: { 'f.txt': 'Grüße' },
    warnings: [expect.stringMatching(/^f\.txt is no UTF-8/)],
  });
});

describe('errors name the context and what to do', () => {
  const tree: Tree = { 'notes.txt': 'n', 'empty.txt': '', 'a.png': PNG, 'pics/a.png': PNG, 'docs/x.md': 'x' };
  test.each<[string[], string, RegExp, RegExp]>([
    [['note.txt'], 'BRAID_CONTEXT_MISSING', /note\.txt is not there/, /Did you mean notes\.txt/],
    [['docs/y/z.md'], 'BRAID_CONTEXT_MISSING', /docs\/y\/z\.md/, /./],
    [['nowhere/*.md'], 'BRAID_CONTEXT_MISSING', /nowhere/, /./],
    [['*.md'], 'BRAID_CONTEXT_MISSING', /\*\.md matches no file/, /\*\*\/\*\.md/],
    [['https://x.example/a'], 'BRAID_CONTEXT_MISSING', /is an address/, /curl/],
    [['empty.txt'], 'BRAID_CONTEXT_UNREADABLE', /empty\.txt is empty/, /./],
    [['a.png'], 'BRAID_CONTEXT_UNREADABLE', /a\.png .*PNG/, /./],
    [['pics'], 'BRAID_CONTEXT_UNREADABLE', /pics holds 1 file, but no text.*pics\/a\.png/, /./],
    [['hollow'], 'BRAID_CONTEXT_UNREADABLE', /hollow holds no files/, /./],
    [['-'], 'BRAID_CONTEXT_UNREADABLE', /standard input\) is empty/, /./],
    [['-', '-'], 'BRAID_USAGE', /twice/, /./],
    [['huge'], 'BRAID_CONTEXT_TOO_LARGE', /huge has more than 4,096 MiB/, /./],
    [['vast'], 'BRAID_CONTEXT_TOO_LARGE', /vast/, /./],
  ])('%j: %s', async (specs, code, message, fix) => {
    const cwd = tempFolder(tree);
    mkdirSync(path.join(cwd, 'hollow'));
    writeTree(cwd, { huge: '', 'vast/1': '', 'vast/2': '' });
    truncateSync(path.join(cwd, 'huge'), 5 * 1024 ** 3);
    for (const name of ['vast/1', 'vast/2']) truncateSync(path.join(cwd, name), 3 * 1024 ** 3);
    await expect(read(specs, { cwd })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    });
  });

  test.skipIf(process.getuid?.() === 0)('a file that may not be read', async () => {
    const cwd = tempFolder({ secret: 's', 'd/secret': 's', 'd/open': 'o' });
    for (const name of ['secret', 'd/secret']) chmodSync(path.join(cwd, name), 0);
    await expect(read(['secret'], { cwd })).rejects.toMatchObject({
      message: expect.stringMatching(/secret.*permission denied/),
    });
    expect((await read(['d'], { cwd })).warnings).toEqual(['1 file was left out that may not be read: d/secret.']);
  });
});
