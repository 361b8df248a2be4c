/**
 * The items of a batch in the store: a manifest that lists pages, each page a blob of its own.
 *
 *  I1  Items are numbered from 1 in the order of writing; a bad one has a number, too.
 *  I2  Writing holds one page in memory, reading a page reads one page: neither depends on how many items there are.
 *  I3  Equal items have an equal manifest, so its hash names them.
 */
import { BATCH } from '../../protocol/limits.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { BatchItems } from '../../protocol/batch.ts';
import type { Json } from '../../protocol/json.ts';
import type { Store } from '../blobs.ts';

/** `invalid` says what is wrong with it. */
export type StoredItem = { value: Json } | { invalid: string };

interface Manifest {
  v: 1;
  total: number;
  invalid: number;
  pages: PageRef[];
}

interface PageRef {
  ref: string;
  /** Number of its first item. */
  from: number;
  count: number;
}

export class ItemsWriter {
  private readonly store: Store;
  private readonly pages: PageRef[] = [];
  private page: string[] = [];
  private bytes = 0;
  private total = 0;
  private invalid = 0;

  constructor(store: Store) {
    this.store = store;
  }

  /** Takes one item as JSON text, or what is wrong with it; gives its number. Errors: BRAID_USAGE when there are too many. */
  async add(item: { json: string } | { invalid: string }): Promise<number> {
    const entry = 'json' in item ? `{"value":${item.json}}` : JSON.stringify(item);
    const size = Buffer.byteLength(entry);
    if (this.page.length >= BATCH.pageItems || (this.bytes > 0 && this.bytes + size > BATCH.pageBytes))
      await this.flush();
    if (this.total >= BATCH.items) {
      throw new BraidError('BRAID_USAGE', `A batch has at most ${BATCH.items} items.`, {
        fix: 'Split the items file.',
      });
    }
    this.page.push(entry);
    this.bytes += size;
    this.total += 1;
    if ('invalid' in item) this.invalid += 1;
    return this.total;
  }

  async finish(): Promise<BatchItems> {
    await this.flush();
    const { total, invalid, pages } = this;
    const manifest = await this.store.put(JSON.stringify({ v: 1, total, invalid, pages } satisfies Manifest));
    return { manifest, total, invalid };
  }

  private async flush(): Promise<void> {
    const count = this.page.length;
    if (count === 0) return;
    const ref = await this.store.put(`[${this.page.join(',\n')}]`);
    this.pages.push({ ref, from: this.total - count + 1, count });
    this.page = [];
    this.bytes = 0;
  }
}

export class ItemsReader {
  private readonly store: Store;
  private readonly manifest: Manifest;

  private constructor(store: Store, manifest: Manifest) {
    this.store = store;
    this.manifest = manifest;
  }

  /** Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT. */
  static async open(store: Store, manifest: string): Promise<ItemsReader> {
    return new ItemsReader(store, JSON.parse(await store.getText(manifest)) as Manifest);
  }

  get total(): number {
    return this.manifest.total;
  }

  /** The items of one page from `from` on, and where the next page begins; null behind the last item. */
  async page(from: number): Promise<{ items: { item: number; entry: StoredItem }[]; next: number } | null> {
    const page = this.manifest.pages[this.indexOf(from)];
    if (page === undefined || from >= page.from + page.count) return null;
    const entries = JSON.parse(await this.store.getText(page.ref)) as StoredItem[];
    const items = entries.map((entry, index) => ({ item: page.from + index, entry }));
    return { items: items.slice(Math.max(0, from - page.from)), next: page.from + page.count };
  }

  /** The last page that begins at or before the item. */
  private indexOf(item: number): number {
    const { pages } = this.manifest;
    let low = 0;
    let high = pages.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((pages[middle]?.from ?? Number.POSITIVE_INFINITY) <= item) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
