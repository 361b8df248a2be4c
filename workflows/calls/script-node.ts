/** A script that a cell asks for, as the input of a `script` workflow of its own (DW-25 below an RLM). */
import { ActivityFailure } from '@temporalio/workflow';
import type { LoadedScript, LoadRequest } from '../../protocol/activities.ts';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import type { Json } from '../../protocol/json.ts';
import type { NodeParent, ScriptInput } from '../../protocol/run-input.ts';
import { activities } from '../activities.ts';
import { modelFailure } from '../agent/failure.ts';
import type { Tree } from '../tree/tree.ts';

export interface ScriptCall {
  address: string;
  label: string;
  phase: string | null;
  ref: LoadRequest['ref'];
  args: Json | undefined;
  /** File of the script that calls, for messages. */
  caller: string;
}

export async function scriptNode(tree: Tree, call: ScriptCall, parent: NodeParent): Promise<ScriptInput> {
  const { limits, models, agents, workspace, seed, engine, strict, toolModule } = tree.input;
  const { source, sourceHash, name, file, meta, warnings } = await loadScript(tree, call);
  return {
    ...{ limits, models, agents, workspace, engine, strict, parent },
    ...{ source, sourceHash, name, file, warnings },
    meta: meta ?? null,
    seed: `${seed}/${call.address}`,
    args: call.args ?? null,
    hasArgs: call.args !== undefined,
    ...(toolModule === undefined ? {} : { toolModule }),
  };
}

/** Whether a saved workflow bears the name, be it a broken one. */
export async function hasWorkflow(tree: Tree, address: string, name: string, caller: string): Promise<boolean> {
  try {
    await loadScript(tree, { address, label: name, phase: null, ref: name, caller });
    return true;
  } catch (error) {
    if (!isBraidError(error)) throw error;
    return error.code !== 'BRAID_WORKFLOW_UNKNOWN';
  }
}

/** Throws what the worker found wrong with it. */
export async function loadScript(
  tree: Tree,
  { address, label, phase, ref, caller }: Omit<ScriptCall, 'args'>,
): Promise<LoadedScript> {
  const tag = { address, label, phase, model: null, turn: 0, notes: tree.story.take() };
  try {
    return await activities.loadScript(tag, { ref, workspace: tree.input.workspace, caller });
  } catch (error) {
    const failure = error instanceof ActivityFailure ? modelFailure(error) : null;
    if (failure === null) throw error;
    throw new BraidError(isErrorCode(failure.code) ? failure.code : 'BRAID_INTERNAL', failure.message);
  }
}
