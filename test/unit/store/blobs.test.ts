import { existsSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { hashText } from '../../../protocol/hash.ts';
import { openStore, readBlobSync } from '../../../store/blobs.ts';
import { resolveHome } from '../../../store/home.ts';
import { tempFolder, tempStore } from '../workspace/kit.ts';

const fileOf = (home: string, ref: string) => path.join(home, 'blobs', ref.slice(0, 2), ref.slice(2));

describe('home', () => {
  test.each([
    ['/somewhere/else', '/somewhere/else'],
    ['relative', path.resolve('relative')],
  ])('BRAID_HOME=%s', (named, expected) => expect(resolveHome({ BRAID_HOME: named })).toBe(expected));

  test.each([undefined, ''])('%o means .braid in the home folder', (named) => {
    expect(resolveHome({ BRAID_HOME: named })).toMatch(/^\/.*\/\.braid$/);
  });
});

describe('blobs', () => {
  test.each([
    ['empty', ''],
    ['text', 'grüße 🦊'],
    ['bytes', Uint8Array.from({ length: 70_000 }, (_, i) => i % 256)],
  ])('%s: what was put is got', async (_, content) => {
    const store = tempStore();
    const ref = await store.put(content);
    expect(Buffer.from(await store.get(ref))).toEqual(Buffer.from(content));
    expect(Buffer.from(readBlobSync(store.home, ref))).toEqual(Buffer.from(content));
    expect(await store.has(ref)).toBe(true);
  });

  test('B1: a ref is the plain SHA-256 of the content', async () => {
    expect(await tempStore().put('abc')).toBe(hashText('abc'));
  });

  test('B2: many writers of one blob leave one file and nothing else', async () => {
    const home = tempFolder();
    const [one, two] = [openStore(home), openStore(home)];
    const refs = await Promise.all(
      Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? one : two).put('same'.repeat(5000))),
    );
    const [ref = ''] = new Set(refs);
    expect(new Set(refs).size).toBe(1);
    expect(readdirSync(path.dirname(fileOf(home, ref)))).toHaveLength(1);
    expect(readdirSync(path.join(home, 'tmp'))).toEqual([]);
  });

  test('B3: a missing blob and a ref that is none', async () => {
    const store = tempStore();
    await expect(store.get('0'.repeat(64))).rejects.toMatchObject({ code: 'BRAID_BLOB_MISSING' });
    for (const ref of ['', '../../etc/passwd', `${'0'.repeat(63)}/`, 'G'.repeat(64)]) {
      await expect(store.get(ref)).rejects.toMatchObject({ code: 'BRAID_BLOB_MISSING' });
    }
  });

  test('B3: a changed blob is an error that names the file', async () => {
    const store = tempStore();
    const ref = await store.put('right');
    writeFileSync(fileOf(store.home, ref), 'wrong');
    await expect(store.get(ref)).rejects.toMatchObject({
      code: 'BRAID_BLOB_CORRUPT',
      message: expect.stringContaining(ref.slice(2)),
    });
    expect(() => readBlobSync(store.home, ref)).toThrow(expect.objectContaining({ code: 'BRAID_BLOB_CORRUPT' }));
  });

  test('a blob that a power cut left short heals when it is put again', async () => {
    const store = tempStore();
    const ref = await store.put('whole');
    truncateSync(fileOf(store.home, ref), 0);
    await store.put('whole');
    expect(await store.getText(ref)).toBe('whole');
  });

  test('D3: a disk that fails is BRAID_STORE with the cause', async () => {
    const store = tempStore();
    rmSync(path.join(store.home, 'tmp'), { recursive: true });
    await expect(store.put('x')).rejects.toMatchObject({
      code: 'BRAID_STORE',
      message: expect.stringContaining('ENOENT'),
    });
    const file = path.join(tempFolder({ file: '' }), 'file');
    expect(() => openStore(file)).toThrow(expect.objectContaining({ code: 'BRAID_STORE' }));
  });

  test('opening removes old left-overs and keeps young ones', () => {
    const home = tempFolder({ 'tmp/old': 'x', 'tmp/young': 'x' });
    utimesSync(path.join(home, 'tmp/old'), 1, 1);
    openStore(home);
    expect(existsSync(path.join(home, 'tmp/old'))).toBe(false);
    expect(existsSync(path.join(home, 'tmp/young'))).toBe(true);
  });
});

describe('store id', () => {
  test('stays the same and differs between stores', () => {
    const home = tempFolder();
    const { id } = openStore(home);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(openStore(home).id).toBe(id);
    expect(openStore(tempFolder()).id).not.toBe(id);
  });

  test('is one when many threads open a new store at once', async () => {
    const home = path.join(tempFolder(), 'new');
    const module = new URL('../../../store/blobs.ts', import.meta.url).href;
    const code = `import(${JSON.stringify(module)}).then(({ openStore }) =>
      require('node:worker_threads').parentPort.postMessage(openStore(${JSON.stringify(home)}).id))`;
    const ids = await Promise.all(
      Array.from(
        { length: 6 },
        () => new Promise((resolve) => new Worker(code, { eval: true, execArgv: [] }).once('message', resolve)),
      ),
    );
    expect(new Set(ids).size).toBe(1);
  });

  test('a damaged id is an error, not a new id', () => {
    expect(() => openStore(tempFolder({ id: 'nonsense\n' }))).toThrow(expect.objectContaining({ code: 'BRAID_STORE' }));
  });
});
