/** Items of a batch, a page at a time, each as the payload that its run is started with. */
import type { ItemInput, Page, PageItem, PageRequest, Todo } from '../../protocol/batch.ts';
import { BATCH } from '../../protocol/limits.ts';
import type { Store } from '../../store/blobs.ts';
import { ItemsReader, type StoredItem } from '../../store/batches/items.ts';
import { payloadEncoder } from '../../store/batches/payload.ts';

export function createPages(store: Store): (request: PageRequest) => Promise<Page> {
  const encode = payloadEncoder(store);
  const todo = new LastTodo(store);
  return async ({ manifest, from, todo: list, seed, resume }) => {
    const reader = await ItemsReader.open(store, manifest);
    const wanted = list === null ? null : await todo.get(list);
    const payload = async (item: number, entry: StoredItem): Promise<PageItem> => {
      if ('invalid' in entry) return { item, invalid: entry.invalid };
      const before = resume ? (wanted?.get(item) ?? null) : null;
      const own: ItemInput = {
        args: entry.value,
        hasArgs: true,
        seed: `${seed}/item:${item}`,
        ...(before === null ? {} : { resumeFrom: before }),
      };
      return { item, own: await encode(own) };
    };
    const { entries, next } = await wantedEntries(reader, from, wanted);
    return { items: await Promise.all(entries.map(({ item, entry }) => payload(item, entry))), next };
  };
}

type Wanted = ReadonlyMap<number, string | null>;

/** Of a retry few items may be left in each stored page: pages are read until they make one. */
async function wantedEntries(reader: ItemsReader, from: number, wanted: Wanted | null) {
  const entries: { item: number; entry: StoredItem }[] = [];
  let at: number | null = from;
  while (at !== null && entries.length < BATCH.pageItems / 2) {
    const page: Awaited<ReturnType<ItemsReader['page']>> = await reader.page(at);
    if (page === null) at = null;
    else {
      entries.push(...page.items.filter(({ item }) => wanted === null || wanted.has(item)));
      at = page.next > reader.total ? null : page.next;
      if (wanted === null) break;
    }
  }
  return { entries, next: at };
}

/** The list of one retry is asked for with every page of it. */
class LastTodo {
  private readonly store: Store;
  private ref = '';
  private wanted: Wanted = new Map();

  constructor(store: Store) {
    this.store = store;
  }

  async get(ref: string): Promise<Wanted> {
    if (this.ref === ref) return this.wanted;
    const wanted = new Map(JSON.parse(await this.store.getText(ref)) as Todo);
    this.ref = ref;
    this.wanted = wanted;
    return wanted;
  }
}
