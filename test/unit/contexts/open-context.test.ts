import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openContext } from '../../../activities/contexts/open-context.ts';
import type { ContextRef } from '../../../protocol/context.ts';
import { WORKSPACE } from '../../../protocol/limits.ts';
import type { Store } from '../../../store/blobs.ts';
import { contextRefOf } from '../../../store/contexts/refs.ts';
import { ingestText } from '../../../store/contexts/ingest.ts';
import { getManifest } from '../../../store/contexts/manifest.ts';
import { keyOf, NEVER, tempFolder, tempStore, type Tree } from '../workspace/kit.ts';
import { docx } from './documents.ts';
import { openPart } from './kit.ts';

function world(tree: Tree) {
  const root = tempFolder(tree);
  const store = tempStore();
  const open = (kind: 'file' | 'files', pattern: string) =>
    openContext(store, { kind, pattern, snapshot: keyOf(root) }, NEVER);
  return { root, store, open };
}

async function textsOf(store: Store, ref: ContextRef): Promise<Record<string, string>> {
  if (!('manifest' in ref.of)) throw new Error('pieces');
  const { parts } = await getManifest(store, ref.of.manifest);
  return Object.fromEntries(parts.map((part) => [part.name, openPart(store, part).slice(0, part.length)]));
}

const TREE: Tree = {
  'src/a.ts': 'let a = "é";\n',
  'src/deep/b.ts': 'b\n',
  'src/empty.ts': '',
  'page.html': '<h1>Title</h1>',
  'latin.txt': Buffer.from('Gr\xfc\xdfe', 'latin1'),
  'a.png': Buffer.from('\x89PNG\0', 'latin1'),
  'doc.docx': docx([{ text: 'word' }]),
};

test('a file of the snapshot is a text; its blob is its chunk', async () => {
  const { store, open } = world(TREE);
  const ref = await open('file', './src/a.ts');
  expect(ref).toMatchObject({ kind: 'text', names: [{ name: 'src/a.ts', length: 13 }], bytes: 14, lines: 1 });
  const part = await ingestText(store, 'let a = "é";\n', { name: 'src/a.ts' });
  const { parts } = await getManifest(store, 'manifest' in ref.of ? ref.of.manifest : '');
  expect(parts).toEqual([part]);
  expect(await contextRefOf(store, 'manifest' in ref.of ? ref.of.manifest : '')).toEqual(ref);
});

test('other encodings and documents are converted', async () => {
  const { store, open } = world(TREE);
  expect(await textsOf(store, await open('file', 'page.html'))).toEqual({ 'page.html': '# Title' });
  expect(await textsOf(store, await open('file', 'latin.txt'))).toEqual({ 'latin.txt': 'Grüße' });
  expect(await textsOf(store, await open('file', 'doc.docx'))).toEqual({ 'doc.docx': 'word' });
});

test('a pattern gives files, sorted by path, and leaves out what is no text', async () => {
  const { store, open } = world(TREE);
  const all = await open('files', '**');
  expect(all.kind).toBe('files');
  expect(Object.keys(await textsOf(store, all))).toEqual([
    'doc.docx',
    'latin.txt',
    'page.html',
    'src/a.ts',
    'src/deep/b.ts',
    'src/empty.ts',
  ]);
  expect(Object.keys(await textsOf(store, await open('files', 'src/*.ts')))).toEqual(['src/a.ts', 'src/empty.ts']);
});

test('O1: what the snapshot holds is read from it, what it does not keep from disk', async () => {
  const { root, store, open } = world({ ...TREE, 'big.log': '' });
  truncateSync(path.join(root, 'big.log'), 0);
  writeFileSync(path.join(root, 'big.log'), 'x'.repeat(WORKSPACE.fileBytes + 1));
  await open('file', 'src/a.ts');
  writeFileSync(path.join(root, 'src/a.ts'), 'changed');
  expect(await textsOf(store, await open('file', 'src/a.ts'))).toEqual({ 'src/a.ts': 'let a = "é";\n' });
  expect((await open('file', 'big.log')).length).toBe(WORKSPACE.fileBytes + 1);
});

test('a value needs no snapshot', async () => {
  expect(await openContext(tempStore(), { kind: 'value', value: [1, 2] }, NEVER)).toMatchObject({ kind: 'json' });
});

describe('errors', () => {
  test.each<['file' | 'files', string, string, RegExp]>([
    ['file', 'src/A.ts', 'BRAID_CONTEXT_MISSING', /no src\/A\.ts.*src\/a\.ts/],
    ['file', 'src', 'BRAID_CONTEXT_MISSING', /is a folder/],
    ['file', '../x', 'BRAID_CONTEXT_MISSING', /leads out/],
    ['file', '/etc/hosts', 'BRAID_CONTEXT_MISSING', /outside/],
    ['file', 'a.png', 'BRAID_CONTEXT_UNREADABLE', /a\.png .*binary/],
    ['file', 'link', 'BRAID_CONTEXT_UNREADABLE', /a link to \/etc\/hosts/],
    ['file', 'src/empty.ts', 'BRAID_CONTEXT_UNREADABLE', /is empty/],
    ['files', '*.rs', 'BRAID_CONTEXT_MISSING', /matches \*\.rs.*\*\*\/\*\.rs/],
    ['files', '../*', 'BRAID_CONTEXT_MISSING', /leads out/],
    ['files', '*.png', 'BRAID_CONTEXT_UNREADABLE', /none is text/],
    ['files', 'src/empty*', 'BRAID_CONTEXT_UNREADABLE', /is empty/],
  ])('%s %s: %s', async (kind, pattern, code, message) => {
    const { root, open } = world(TREE);
    symlinkSync('/etc/hosts', path.join(root, 'link'));
    await expect(open(kind, pattern)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('O2: a large file that became a link out of the workspace is not followed', async () => {
    const { root, open } = world({ 'd/big': 'x'.repeat(WORKSPACE.fileBytes + 1) });
    await open('files', '**');
    const outside = tempFolder({ big: 'secret' });
    const { rmSync } = await import('node:fs');
    rmSync(path.join(root, 'd'), { recursive: true });
    symlinkSync(outside, path.join(root, 'd'));
    await expect(open('file', 'd/big')).rejects.toMatchObject({ message: expect.stringMatching(/outside/) });
  });
});
