/** Where a batch keeps what outlives its history: `batches/ID.json` (what it was started with) and `batches/ID.jsonl` (its results). */
import { BraidError } from '../../protocol/errors.ts';
import type { BatchItems } from '../../protocol/batch.ts';
import { isJsonObject } from '../../protocol/json.ts';
import type { Store } from '../blobs.ts';

/** What a later command needs to know of a batch. */
export interface BatchRecord {
  v: 1;
  /** Hash of what `--id` compares. */
  identity: string;
  name: string;
  items: BatchItems;
  /** The batch that it retries; null: none. */
  retryOf: string | null;
  /** Ms since 1970. */
  startedAt: number;
}

export function resultsFile({ disk }: Store, batch: string): string {
  return disk.at('batches', `${checked(batch)}.jsonl`);
}

/** Keeps the record unless there is one; gives the one that is there. */
export async function keepRecord(store: Store, batch: string, record: BatchRecord): Promise<BatchRecord> {
  if (await store.disk.create(recordFile(store, batch), `${JSON.stringify(record)}\n`)) return record;
  return (await findRecord(store, batch)) ?? record;
}

export async function findRecord(store: Store, batch: string): Promise<BatchRecord | undefined> {
  const bytes = await store.disk.read(recordFile(store, batch));
  if (bytes === undefined) return undefined;
  const record = parse(new TextDecoder().decode(bytes));
  if (record !== null) return record;
  throw new BraidError('BRAID_STORE', `${recordFile(store, batch)} holds no record of a batch.`);
}

function recordFile({ disk }: Store, batch: string): string {
  return disk.at('batches', `${checked(batch)}.json`);
}

/** Ids come from command lines and histories: none may lead out of the folder. */
function checked(batch: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(batch)) return batch;
  throw new BraidError('BRAID_RUN_UNKNOWN', `${JSON.stringify(batch.slice(0, 80))} is no id of a batch.`);
}

function parse(text: string): BatchRecord | null {
  try {
    const { identity, name, items, retryOf, startedAt } = JSON.parse(text) as Partial<BatchRecord>;
    if (typeof identity !== 'string' || typeof name !== 'string' || typeof startedAt !== 'number') return null;
    if (!isJsonObject(items)) return null;
    const { manifest, total, invalid } = items as Partial<BatchItems>;
    if (typeof manifest !== 'string' || typeof total !== 'number' || typeof invalid !== 'number') return null;
    return { v: 1, identity, name, items: { manifest, total, invalid }, retryOf: retryOf ?? null, startedAt };
  } catch {
    return null;
  }
}
