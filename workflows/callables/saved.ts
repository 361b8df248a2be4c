/** The saved workflows that a program can call, as a worker finds them. */
import type { SavedWorkflow } from '../../protocol/activities.ts';
import { BraidError } from '../../protocol/errors.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import { activities } from '../activities.ts';
import { modelFailure } from '../agent/failure.ts';
import type { Tree } from '../tree/tree.ts';

/** Asked anew each time: somebody may have saved one meanwhile. Throws what the worker found wrong. */
export async function savedWorkflows(tree: Tree): Promise<SavedWorkflow[]> {
  const address = `${tree.prefix}describe:${tree.number('describe')}`;
  const tag = { address, label: 'saved workflows', phase: null, model: null, turn: 0, notes: tree.story.take() };
  try {
    return await tree.unfinished(activities.savedWorkflows(tag, { workspace: tree.input.workspace }));
  } catch (error) {
    const failure = modelFailure(error);
    if (failure === null) throw error;
    throw new BraidError(isErrorCode(failure.code) ? failure.code : 'BRAID_INTERNAL', failure.message);
  }
}
