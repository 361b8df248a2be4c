/** Functions of the user's configuration, called from programs. */
import { BraidError } from '../../protocol/errors.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import type { Json } from '../../protocol/json.ts';
import { NO_SPEND } from '../../protocol/outcome.ts';
import { activities } from '../activities.ts';
import { modelFailure } from '../agent/failure.ts';
import type { Work } from './work.ts';
import type { Tree } from '../tree/tree.ts';

export interface ToolCall {
  address: string;
  tool: string;
  args: Json;
}

/** No call of a model, so it is not counted and takes no slot of the run's window. It ends before the program continues as new. */
export function beginTool(tree: Tree, call: ToolCall): Work {
  const window = tree.tools;
  const run = async (): Promise<Json> => {
    try {
      return await tree.unfinished(perform(tree, call));
    } finally {
      window.release();
    }
  };
  return { window, run, dropped: () => undefined };
}

async function perform(tree: Tree, { address, tool, args }: ToolCall): Promise<Json> {
  const module = tree.input.toolModule ?? null;
  try {
    if (module === null) throw new BraidError('BRAID_TOOL_FAILED', 'This run has no tools.');
    const tag = { address, label: tool, phase: null, model: null, turn: 0, notes: tree.story.take() };
    const value = await activities.userTool(tag, { file: module.file, tool, args });
    tree.costs.ended('tool', tool, { address, ok: true, spend: NO_SPEND });
    return value;
  } catch (error) {
    const failure = modelFailure(error);
    if (failure === null) throw error;
    tree.costs.ended('tool', tool, { address, ok: false, spend: NO_SPEND });
    throw new BraidError(isErrorCode(failure.code) ? failure.code : 'BRAID_INTERNAL', failure.message);
  }
}
