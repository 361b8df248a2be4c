import type { Json } from '../../protocol/json.ts';
import type { Store } from '../../store/blobs.ts';
import { isBraidError } from '../../protocol/errors.ts';
import { findKeptRun } from '../../store/run-index.ts';
import type { FoundRun } from './find.ts';

/** What a run left in the store when it closed; null when it left nothing there. Errors: BRAID_STORE, BRAID_BLOB_CORRUPT. */
export async function findKept(store: Store, run: string): Promise<FoundRun | null> {
  const kept = await findKeptRun(store, run);
  if (kept === null) return null;
  return { workflowType: kept.workflowType, input: await inputOf(store, kept.input), journal: kept.journalVersion };
}

/** Null when it is not in the store any more. */
async function inputOf(store: Store, ref: string): Promise<Json> {
  try {
    return JSON.parse(await store.getText(ref)) as Json;
  } catch (error) {
    if (error instanceof SyntaxError || isBraidError(error, 'BRAID_BLOB_MISSING')) return null;
    throw error;
  }
}
