/**
 * Brings a run that was exported elsewhere into this store, so that `--resume-from` finds it (`braid import`).
 *
 *  M1  A blob enters the store only under the hash that it has.
 *  M2  The run can be found only after the whole file was read and judged; blobs of a torn one are left to garbage collection.
 *  M3  Importing again changes nothing; another run of the same id is not replaced.
 */
import { BraidError } from '../protocol/errors.ts';
import type { KeptRun } from '../protocol/journal.ts';
import { isJsonObject, type Json } from '../protocol/json.ts';
import type { Store } from '../store/blobs.ts';
import { findKeptRun, keepRun, parseKeptRun } from '../store/run-index.ts';
import { readExport, torn } from './export-file.ts';

export interface ImportReport {
  run: string;
  name: string;
  blobs: number;
  bytes: number;
}

/** Errors: BRAID_EXPORT, BRAID_RUN_EXISTS, BRAID_FILE_MISSING, BRAID_STORE. */
export async function importRun(store: Store, file: string): Promise<ImportReport> {
  let kept: KeptRun | null = null;
  let [blobs, bytes] = [0, 0];
  for await (const line of readExport(file)) {
    if (kept === null) {
      kept = isJsonObject(line['run']) ? parseKeptRun({ v: 1, ...line['run'] }) : null;
      if (kept === null) throw torn(file, 'does not say which run it holds');
      await checkFree(store, kept);
    } else if (typeof line['blob'] === 'string') {
      bytes += await putBlob(store, file, line['blob'], line['bytes']);
      blobs += 1;
    }
  }
  if (kept === null) throw torn(file, 'is empty');
  if (!(await store.has(kept.journal)) || !(await store.has(kept.input)))
    throw torn(file, 'lacks the journal of its run');
  await keepRun(store, kept);
  return { run: kept.run, name: kept.name, blobs, bytes };
}

/** M1. */
async function putBlob(store: Store, file: string, ref: string, base64: Json | undefined): Promise<number> {
  if (typeof base64 !== 'string') throw torn(file, `holds nothing for blob ${ref}`);
  const bytes = Buffer.from(base64, 'base64');
  const found = await store.put(bytes);
  if (found !== ref) throw torn(file, `holds other bytes than those of blob ${ref.slice(0, 80)}`);
  return bytes.byteLength;
}

/** M3. */
async function checkFree(store: Store, { run, runId }: KeptRun): Promise<void> {
  const there = await findKeptRun(store, run);
  if (there === null || there.runId === runId) return;
  throw new BraidError('BRAID_RUN_EXISTS', `Another run ${run} is in ${store.home}; it was not replaced.`, {
    fix: 'Import into another store: set BRAID_HOME.',
  });
}
