import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPages } from '../../../activities/batch/pages.ts';
import { readItems } from '../../../client/batch/items.ts';
import { BATCH, LIMITS } from '../../../protocol/limits.ts';
import type { Page, PageRequest } from '../../../protocol/batch.ts';
import type { Store } from '../../../store/blobs.ts';
import { ItemsReader, ItemsWriter } from '../../../store/batches/items.ts';
import { freshFolder, freshStore, stream } from './kit.ts';

function place(store: Store, cwd = freshFolder(), stdin: (string | Uint8Array)[] = []) {
  return { cwd, workspace: null, stdin: stream(...stdin), store };
}

async function pagesOf(store: Store, request: Omit<PageRequest, 'from'>): Promise<Page[]> {
  const pages: Page[] = [];
  const read = createPages(store);
  for (let from: number | null = 1; from !== null; from = pages.at(-1)?.next ?? null)
    pages.push(await read({ ...request, from }));
  return pages;
}

describe('items', () => {
  it('are numbered in order, and any page is one read (I1, I2)', async () => {
    const store = freshStore();
    const writer = new ItemsWriter(store);
    for (let n = 1; n <= 1_234; n += 1)
      await writer.add(n % 100 === 0 ? { invalid: `line ${n}` } : { json: `{"n":${n}}` });
    const items = await writer.finish();
    expect(items).toMatchObject({ total: 1_234, invalid: 12 });
    const reader = await ItemsReader.open(store, items.manifest);
    const page = await reader.page(700);
    expect(page?.items[0]).toEqual({ item: 700, entry: { invalid: 'line 700' } });
    expect(page?.items[1]).toEqual({ item: 701, entry: { value: { n: 701 } } });
    expect(page?.next).toBe(2 * BATCH.pageItems + 1);
    expect(await reader.page(1_235)).toBeNull();
  });

  it('that are equal have an equal manifest (I3)', async () => {
    const store = freshStore();
    const read = () => readItems('-', place(store, freshFolder(), ['1\n2\n']));
    expect((await read()).items).toEqual((await read()).items);
  });

  it('that are large make pages of their own', async () => {
    const store = freshStore();
    const writer = new ItemsWriter(store);
    const large = JSON.stringify('x'.repeat(BATCH.pageBytes));
    for (const json of ['1', large, '2', '3']) await writer.add({ json });
    const { manifest } = await writer.finish();
    const pages = await pagesOf(store, { manifest, todo: null, seed: 's', resume: false });
    expect(pages.map(({ items }) => items.map(({ item }) => item))).toEqual([[1], [2], [3, 4]]);
    const own = pages[1]?.items[0];
    // A large item goes by reference.
    expect(own !== undefined && 'own' in own && own.own.data.length).toBeLessThan(LIMITS.blobBytes);
  });
});

describe('--items', () => {
  it('tells bad lines by number, skips empty ones, and keeps the rest', async () => {
    const { items, bad } = await readItems(
      '-',
      place(freshStore(), freshFolder(), ['{"a":1}\n\n', 'nope\n', '[2]\n{']),
    );
    expect(items).toMatchObject({ total: 4, invalid: 2 });
    expect(bad).toEqual(['line 3: it is no JSON: nope', 'line 5: it is no JSON: {']);
  });

  it('takes lines of a text file as texts', async () => {
    const store = freshStore();
    const at = place(store);
    writeFileSync(path.join(at.cwd, 'names.txt'), 'Ada\n"x"\n');
    const { items } = await readItems('names.txt', at);
    const page = await (await ItemsReader.open(store, items.manifest)).page(1);
    expect(page?.items.map(({ entry }) => entry)).toEqual([{ value: 'Ada' }, { value: '"x"' }]);
  });

  it('takes the files of a pattern or a folder by their paths', async () => {
    const store = freshStore();
    const at = place(store);
    mkdirSync(path.join(at.cwd, 'src/deep'), { recursive: true });
    for (const file of ['src/b.ts', 'src/a.js', 'src/deep/c.ts']) writeFileSync(path.join(at.cwd, file), '');
    const paths = async (spec: string) => {
      const { items } = await readItems(spec, at);
      const page = await (await ItemsReader.open(store, items.manifest)).page(1);
      return page?.items.map(({ entry }) => ('value' in entry ? entry.value : null));
    };
    expect(await paths('src/**/*.ts')).toEqual([{ path: 'src/b.ts' }, { path: 'src/deep/c.ts' }]);
    expect(await paths('src')).toHaveLength(3);
  });

  it('refuses what holds no items', async () => {
    const store = freshStore();
    await expect(readItems('-', place(store))).rejects.toMatchObject({ code: 'BRAID_USAGE' });
    await expect(readItems('missing.jsonl', place(store))).rejects.toMatchObject({ code: 'BRAID_FILE_MISSING' });
    const at = place(store);
    writeFileSync(path.join(at.cwd, 'all.json'), '[]');
    await expect(readItems('all.json', at)).rejects.toMatchObject({
      code: 'BRAID_USAGE',
      fix: "jq -c '.[]' all.json > items.jsonl",
    });
  });
});
