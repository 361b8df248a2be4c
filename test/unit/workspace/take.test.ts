import { execFileSync } from 'node:child_process';
import { linkSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DEFAULT_LIMITS, type WorkspaceLimits } from '../../../activities/workspace/limits.ts';
import { manifestText, parseManifest } from '../../../store/workspace-manifest.ts';
import { readContent } from '../../../activities/workspace/read-file.ts';
import { takeSnapshot } from '../../../activities/workspace/take.ts';
import { WORKSPACE } from '../../../protocol/limits.ts';
import { openStore, type Store } from '../../../store/blobs.ts';
import { NEVER, tempFolder, tempStore, writeTree } from './kit.ts';

async function take(
  root: string,
  options: { store?: Store; limits?: Partial<WorkspaceLimits>; signal?: AbortSignal } = {},
) {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { manifest, read } = await takeSnapshot(
    options.store ?? tempStore(),
    { root, base: null },
    { signal: options.signal ?? NEVER, limits },
  );
  const kinds = Object.fromEntries([...manifest.entries].map(([name, { kind }]) => [name, kind]));
  return { manifest, read, kinds };
}

describe('kinds', () => {
  test('text, binary, huge, empty', async () => {
    const root = tempFolder({
      text: 'hello',
      empty: '',
      'start.bin': Uint8Array.of(65, 0, 66),
      'edge.bin': Buffer.concat([Buffer.alloc(WORKSPACE.sniffBytes - 1, 65), Buffer.of(0)]),
      'late.txt': Buffer.concat([Buffer.alloc(WORKSPACE.sniffBytes, 65), Buffer.of(0)]),
      latin1: Buffer.of(0x67, 0x72, 0xfc),
      exact: 'x'.repeat(20_000),
      huge: 'x'.repeat(20_001),
    });
    const { kinds, manifest } = await take(root, { limits: { fileBytes: 20_000 } });
    expect(kinds).toEqual({
      text: 'text',
      empty: 'text',
      'start.bin': 'binary',
      'edge.bin': 'binary',
      'late.txt': 'text',
      latin1: 'text',
      exact: 'text',
      huge: 'huge',
    });
    expect(manifest.entries.get('huge')).toMatchObject({ size: 20_001, hash: null });
  });

  test('W1: links are listed with their target and nothing behind them is', async () => {
    const outside = tempFolder({ 'secret.txt': 'secret', 'folder/more.txt': 'secret' });
    const root = tempFolder({ 'real/file': 'x' });
    symlinkSync(path.join(outside, 'secret.txt'), path.join(root, 'out-file'));
    symlinkSync(outside, path.join(root, 'out-folder'));
    symlinkSync('real', path.join(root, 'in-folder'));
    symlinkSync('.', path.join(root, 'loop'));
    symlinkSync('nowhere', path.join(root, 'dangling'));
    const { kinds, manifest } = await take(root);
    expect(kinds).toEqual({
      'real/file': 'text',
      'out-file': 'symlink',
      'out-folder': 'symlink',
      'in-folder': 'symlink',
      loop: 'symlink',
      dangling: 'symlink',
    });
    expect(manifest.entries.get('in-folder')?.target).toBe('real');
  });

  test('W1: a file that became a link after it was listed is refused, a pipe does not block', async () => {
    const root = tempFolder({ real: 'x' });
    symlinkSync('real', path.join(root, 'link'));
    execFileSync('mkfifo', [path.join(root, 'pipe')]);
    expect(await readContent(path.join(root, 'link'), 100)).toEqual({ kind: 'unreadable' });
    expect(await readContent(path.join(root, 'pipe'), 100)).toEqual({ kind: 'unreadable' });
    expect(await readContent(path.join(root, 'gone'), 100)).toEqual({ kind: 'gone' });
    expect((await take(root)).kinds).toEqual({ real: 'text', link: 'symlink' });
  });

  test('W2: .git of any kind, sockets and the store are left out', async () => {
    const root = tempFolder({
      a: '',
      '.git/config': '',
      'sub/.git': 'gitdir: elsewhere',
      'sub/b': '',
      '.github/ci.yml': '',
    });
    const server = createServer().listen(path.join(root, 'socket'));
    onTestFinished(() => void server.close());
    const store = openStore(path.join(root, 'state'));
    expect(Object.keys((await take(root, { store })).kinds).sort()).toEqual(['.github/ci.yml', 'a', 'sub/b']);
  });

  test('W4: a name that is no UTF-8 is listed as unreadable', async () => {
    const root = tempFolder({ good: '' });
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0xff, 0xfe)]), 'x');
    expect((await take(root)).kinds).toEqual({ good: 'text', '\uFFFD\uFFFD': 'unreadable' });
  });
});

describe('bounds', () => {
  test('W3: too many files: numbers, the fullest folder and the fix', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`vendor/deep/${i}`, '']));
    const root = tempFolder({ ...many, a: '' });
    await expect(take(root, { limits: { files: 20 } })).rejects.toMatchObject({
      code: 'BRAID_WORKSPACE_TOO_LARGE',
      message: expect.stringMatching(/more than 20 files; \d+ of those seen are in vendor\//),
      fix: expect.stringContaining('add vendor/ to .gitignore'),
    });
    expect(Object.keys((await take(root, { limits: { files: 31 } })).kinds)).toHaveLength(31);
  });

  test('W3: endless empty folders', async () => {
    const root = tempFolder(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}/.git`, ''])));
    await expect(take(root, { limits: { files: 10 } })).rejects.toMatchObject({ code: 'BRAID_WORKSPACE_TOO_LARGE' });
  });

  test('too many bytes of text; binary and huge files do not count', async () => {
    const big = 'x'.repeat(60);
    const root = tempFolder({ a: big, b: `${big}\0`, c: big.repeat(10) });
    expect((await take(root, { limits: { bytes: 100, fileBytes: 100 } })).kinds).toEqual({
      a: 'text',
      b: 'binary',
      c: 'huge',
    });
    writeTree(root, { d: big });
    await expect(take(root, { limits: { bytes: 100, fileBytes: 100 } })).rejects.toMatchObject({
      code: 'BRAID_WORKSPACE_TOO_LARGE',
      message: expect.stringContaining('more than 100 bytes of text'),
    });
  });

  test.each([
    ['a missing folder', (root: string) => `${root}/none`],
    ['a file', (root: string) => `${root}/file`],
  ])('%s is BRAID_WORKSPACE_UNREADABLE', async (_, of) => {
    await expect(take(of(tempFolder({ file: '' })))).rejects.toMatchObject({ code: 'BRAID_WORKSPACE_UNREADABLE' });
  });

  test('an aborted signal ends it with its reason', async () => {
    const reason = new Error('enough');
    await expect(take(tempFolder({ a: '' }), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('the next snapshot', () => {
  const old = async (tree: Record<string, string>) => {
    const root = tempFolder(tree);
    await delay(WORKSPACE.racyMs + 10);
    return root;
  };

  test('reads no file again that is unchanged, and finds the same', async () => {
    const store = tempStore();
    const root = await old({ a: 'a', 'b/c': 'c', bin: '\0' });
    const first = await take(root, { store });
    const second = await take(root, { store });
    expect([first.read, second.read]).toEqual([3, 0]);
    expect(manifestText(second.manifest)).toBe(manifestText(first.manifest));
  });

  const changes: [string, (root: string) => void][] = [
    ['edited', (root) => writeFileSync(path.join(root, 'a'), 'A')],
    [
      'edited, with its size and modification time as before',
      (root) => {
        const { atime, mtime } = statSync(path.join(root, 'a'));
        writeFileSync(path.join(root, 'a'), 'Z');
        utimesSync(path.join(root, 'a'), atime, mtime);
      },
    ],
    [
      'replaced by another file',
      (root) => {
        rmSync(path.join(root, 'a'));
        linkSync(path.join(root, 'spare'), path.join(root, 'a'));
      },
    ],
    ['cut', (root) => truncateSync(path.join(root, 'a'), 0)],
  ];
  test.each(changes)('reads a file that was %s', async (_, change) => {
    const store = tempStore();
    const root = await old({ a: 'a', b: 'b', spare: 's' });
    const before = (await take(root, { store })).manifest.entries;
    change(root);
    const after = (await take(root, { store })).manifest.entries;
    expect(after.get('a')?.hash).not.toBe(before.get('a')?.hash);
    expect(after.get('b')).toEqual(before.get('b'));
  });

  test('reads a file again that was young when it was read: it may have changed within the same tick', async () => {
    const store = tempStore();
    const root = tempFolder({ old: 'x' });
    await delay(WORKSPACE.racyMs + 10);
    // Written while the snapshot is being taken, so it is surely young when it is read.
    const started = takeSnapshot(
      store,
      { root, base: null },
      {
        signal: NEVER,
        onProgress: ({ state }) => state === 'listing' && writeFileSync(path.join(root, 'old'), 'y'),
      },
    );
    await started;
    expect((await take(root, { store })).read).toBe(1);
  });

  test('reads again what the store has lost', async () => {
    const store = tempStore();
    const root = await old({ a: 'a', b: 'b' });
    const { manifest } = await take(root, { store });
    const ref = manifest.entries.get('a')?.hash ?? '';
    rmSync(path.join(store.home, 'blobs', ref.slice(0, 2), ref.slice(2)));
    expect((await take(root, { store })).read).toBe(1);
    expect(await store.getText(ref)).toBe('a');
  });
});

test('a manifest comes back from its text, and its text tells the content only', async () => {
  const tree = { b: 'b', a: 'a', 'x/__proto__': 'p' };
  const [one, two] = [await take(tempFolder(tree)), await take(tempFolder(tree))];
  const text = manifestText(one.manifest);
  expect(manifestText(two.manifest)).toBe(text);
  const parsed = parseManifest(text, 'ref');
  expect([...parsed.entries.keys()]).toEqual(['a', 'b', 'x/__proto__']);
  expect(new Map(parsed.entries)).toEqual(new Map(one.manifest.entries));
  for (const bad of ['null', '{"version":2,"entries":[]}', '{"version":1,"entries":[[1]]}']) {
    expect(() => parseManifest(bad, 'ref')).toThrow(expect.objectContaining({ code: 'BRAID_BLOB_CORRUPT' }));
  }
});
