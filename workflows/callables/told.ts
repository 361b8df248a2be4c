/** The answers to `agents()` and `describe(name)`, and to the tool `describe` of an agent. */
import type { Json } from '../../protocol/json.ts';
import type { Tree } from '../tree/tree.ts';
import type { CallableKind } from './costs.ts';
import { callables, describeCallable } from './describe.ts';
import { savedWorkflows } from './saved.ts';

/** `name` null: all that can be called. `may`: what the asker may call. Throws BRAID_CALL_NAME, and what is wrong with the saved ones. */
export async function tellCallables(tree: Tree, name: string | null, may: readonly CallableKind[]): Promise<Json> {
  const { models, agents, toolModule = null } = tree.input;
  const world = {
    models,
    agents: may.includes('agent') ? agents : {},
    toolModule: may.includes('tool') ? toolModule : null,
    workflows: may.includes('workflow') ? await savedWorkflows(tree) : [],
  };
  return name === null ? callables(world) : describeCallable(world, tree.costs.sums, name);
}
