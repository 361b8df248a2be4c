/** One item of a batch: a script's run with a ledger of its own, started with what all items share and what is its own. */
import type { ItemInput, ItemResult } from '../../protocol/batch.ts';
import { BATCH } from '../../protocol/limits.ts';
import type { ScriptInput } from '../../protocol/run-input.ts';
import { script } from '../script/workflow.ts';
import { activities } from './activities.ts';

/** `own` is absent when a long item continues as new: its input is whole then. */
export async function item(shared: ScriptInput, own?: ItemInput): Promise<ItemResult> {
  const result = await script(own === undefined ? shared : { ...shared, ...own });
  // All values of a group pass through the batch together, so a large one goes by reference.
  if (JSON.stringify(result.value).length <= BATCH.valueChars) return result;
  const large = await activities.keepValue({ value: result.value });
  return { ...result, value: null, large };
}
