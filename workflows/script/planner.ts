/**
 * What a run has beside a script's own when that script writes scripts (`braid plan`): the check of a script by name, and an end
 * that says what became of the plan. Only runs with `planner` in their input have it.
 */
import { BraidError } from '../../protocol/errors.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { ErrorInfo } from '../../protocol/outcome.ts';
import { CHECK_PLAN } from '../../protocol/plan.ts';
import type { RunInput } from '../../protocol/run-input.ts';
import { activities } from '../activities.ts';
import { modelFailure } from '../agent/failure.ts';
import { asResult } from '../calls/by-name.ts';
import type { Begun } from '../calls/work.ts';
import type { Tree } from '../tree/tree.ts';

/** Null: it is a call like any other. */
export function beginPlanCheck(tree: Tree, name: Json | undefined, args: Json, address: () => string): Begun | null {
  if (tree.input.planner !== true || name !== CHECK_PLAN) return null;
  const window = tree.tools;
  const at = address();
  const run = async (): Promise<Json> => {
    try {
      return await tree.unfinished(check(tree, at, args));
    } finally {
      window.release();
    }
  };
  return asResult({ window, run, dropped: () => undefined });
}

async function check(tree: Tree, address: string, args: Json): Promise<Json> {
  const script = isJsonObject(args) && typeof args['script'] === 'string' ? args['script'] : '';
  const { agents, workspace } = tree.input;
  const tag = { address, label: 'check', phase: null, model: null, turn: 0, notes: tree.story.take() };
  try {
    return await activities.checkPlan(tag, { script, agents: Object.keys(agents), workspace });
  } catch (error) {
    const failure = modelFailure(error);
    if (failure === null) throw error;
    throw new BraidError(isErrorCode(failure.code) ? failure.code : 'BRAID_INTERNAL', failure.message);
  }
}

/** Why the value of a planner is no plan; null when it is one, or for any other run. */
export function planError({ planner }: RunInput, value: Json): ErrorInfo | null {
  if (planner !== true || !isJsonObject(value)) return null;
  const { problems, error, tries } = value;
  if (isJsonObject(error) && typeof error['message'] === 'string') {
    const code = typeof error['code'] === 'string' && isErrorCode(error['code']) ? error['code'] : 'BRAID_INTERNAL';
    return { code, message: error['message'] };
  }
  if (!Array.isArray(problems) || problems.length === 0) return null;
  const message = `No valid script came in ${typeof tries === 'number' ? tries : 'all'} tries. Of the last one: ${problems.map(String).join('\n')}`;
  return { code: 'BRAID_PLAN_INVALID', message };
}
