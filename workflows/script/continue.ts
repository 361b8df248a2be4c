/**
 * Continue-as-new of a script that drives a run (design §6), at any point of the script: before its history grows heavy the run
 * stops giving slots, waits for what is in flight, and goes on in a new execution that rebuilds its guests.
 *
 *  F1  Nothing is in flight when an execution hands over: no answer can be lost, and no call is made twice.
 *  F2  The guest notices nothing: what was queued, timers and gates are begun again as they were.
 */
import { condition, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { ScriptInput } from '../../protocol/run-input.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { script } from './workflow.ts';
import type { Tree } from '../tree/tree.ts';
import type { ScriptRecord } from './record.ts';

/** Never resolves; ends by throwing ContinueAsNew. Runs of older builds, and nodes below a root, stay in one execution. */
export async function whenLong(input: ScriptInput, tree: Tree, record: ScriptRecord): Promise<never> {
  await condition(() => input.keepJournal === true && input.parent === undefined && tree.wasLong && record.quiet);
  tree.shut();
  await condition(() => tree.still && record.quiet);
  const { handover, log } = record.handover(tree);
  const goOn = makeContinueAsNewFunc<typeof script>({
    workflowType: workflowInfo().workflowType,
    workflowTaskTimeout: LIMITS.workflowTaskMs,
  });
  return goOn({ ...input, handover }, ...log);
}
