/**
 * The start of a batch that retries another: the lines of items that had success are copied, all other items are listed to be run,
 * each with the run in which it was tried last.
 *
 *  T1  Doing it again writes the same bytes to the same places (store/batches/results.ts, R2).
 *  T2  An item that was begun and has no line (its batch was terminated, or the disk lost the line) is found as well: items are begun
 *      in order, so it lies before the last one that has a line, or a window behind that.
 */
import { countLine, isSuccess, itemRun, NO_COUNTS } from '../../protocol/batch.ts';
import type { OpenBatchRequest, OpenBatchResult, Todo } from '../../protocol/batch.ts';
import { BraidError } from '../../protocol/errors.ts';
import { BATCH } from '../../protocol/limits.ts';
import type { Store } from '../../store/blobs.ts';
import { findRecord, resultsFile } from '../../store/batches/files.ts';
import { ItemsReader } from '../../store/batches/items.ts';
import { parseLine } from '../../store/batches/line.ts';
import { appendLines, readLines } from '../../store/batches/results.ts';

/** Whether the server knows a run. */
type Exists = (run: string) => Promise<boolean>;

/** Errors: BRAID_RUN_UNKNOWN when this store knows nothing of the earlier batch. */
export async function openRetry(
  store: Store,
  batch: string,
  { manifest, retry, strict }: OpenBatchRequest,
  exists: Exists,
): Promise<OpenBatchResult> {
  const record = await findRecord(store, retry);
  if (record === undefined) throw new BraidError('BRAID_RUN_UNKNOWN', `This store knows no batch ${retry}.`);
  const file = resultsFile(store, batch);
  const counts = { ...NO_COUNTS };
  const kept = new Set<number>();
  const runs = new Map<number, string>();
  let bytes = 0;
  let last = 0;
  for await (const { lines } of readLines(resultsFile(store, retry))) {
    const good = lines.filter((text) => {
      const line = parseLine(text);
      if (line === null) return false;
      last = Math.max(last, line.item);
      if (line.run !== null) runs.set(line.item, line.run);
      if (!isSuccess(line, strict) || kept.has(line.item)) return false;
      kept.add(line.item);
      countLine(counts, line);
      return true;
    });
    if (good.length > 0) bytes = await appendLines(file, bytes, good);
  }
  const { total } = await ItemsReader.open(store, manifest);
  await findLineless(retry, Math.min(total, last + BATCH.maxWindow), { kept, runs }, exists);
  await addEarlier(store, record.retryOf, runs);
  const todo = await store.put(JSON.stringify(leftOf(total, kept, runs)));
  return { todo, bytes, counts: { ...counts, kept: kept.size } };
}

/** T2. Behind the last begun item there is none: a few misses in a row end the search. */
async function findLineless(
  batch: string,
  upTo: number,
  { kept, runs }: { kept: ReadonlySet<number>; runs: Map<number, string> },
  exists: Exists,
): Promise<void> {
  for (let item = 1, misses = 0; item <= upTo && misses < BATCH.maxWindow; item += 1) {
    if (kept.has(item) || runs.has(item)) continue;
    if (await exists(itemRun(batch, item))) runs.set(item, itemRun(batch, item));
    else misses += 1;
  }
}

/** What a retry had not begun yet may have been tried by the batch that it retried. */
async function addEarlier(store: Store, retryOf: string | null, runs: Map<number, string>): Promise<void> {
  const seen = new Set<string>();
  for (
    let batch = retryOf;
    batch !== null && !seen.has(batch);
    batch = (await findRecord(store, batch))?.retryOf ?? null
  ) {
    seen.add(batch);
    for await (const { lines } of readLines(resultsFile(store, batch))) {
      for (const text of lines) {
        const line = parseLine(text);
        if (line !== null && line.run !== null && !runs.has(line.item)) runs.set(line.item, line.run);
      }
    }
  }
}

function leftOf(total: number, kept: ReadonlySet<number>, runs: ReadonlyMap<number, string>): Todo {
  const todo: Todo = [];
  for (let item = 1; item <= total; item += 1) if (!kept.has(item)) todo.push([item, runs.get(item) ?? null]);
  return todo;
}
