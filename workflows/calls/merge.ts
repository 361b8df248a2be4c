/** `merge()` of a script. */
import { BraidError } from '../../protocol/errors.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import type { Json } from '../../protocol/json.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import type { Patch } from '../../protocol/overlay.ts';
import { modelFailure } from '../agent/failure.ts';
import type { Tree } from '../tree/tree.ts';

/** A MergeResult. Throws what the worker found wrong with the patches. */
export async function mergeOf(tree: Tree, tag: Omit<CallTag, 'address'>, patches: Patch[]): Promise<Json> {
  if (tree.snapshotKey() === null)
    throw new BraidError('BRAID_OPTION', 'merge(): this run has no workspace to change.');
  try {
    return (await tree.changes.merge(tag, patches)) as unknown as Json;
  } catch (error) {
    const failure = modelFailure(error);
    if (failure === null) throw error;
    throw new BraidError(isErrorCode(failure.code) ? failure.code : 'BRAID_INTERNAL', failure.message);
  }
}
