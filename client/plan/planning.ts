/** The run that writes a script: started, watched to its end, and its value read. */
import { BraidError } from '../../protocol/errors.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import { hashJson } from '../../protocol/hash.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { JOURNAL_VERSION } from '../../protocol/journal.ts';
import type { PlannerValue } from '../../protocol/plan.ts';
import type { RunView } from '../../protocol/view.ts';
import type { Session } from '../session.ts';
import { startOnce } from '../start-run.ts';
import type { BuiltPlanner } from './input.ts';

/** False: it was there already. Errors: BRAID_RUN_EXISTS. */
export async function startPlanner(
  session: Pick<Session, 'client' | 'store' | 'taskQueue'>,
  run: string,
  { built, identity }: BuiltPlanner,
): Promise<boolean> {
  await session.store.put(built.source);
  const { fresh } = await startOnce(session, run, {
    kind: 'script',
    input: built.input,
    identity: hashJson(identity),
    memo: { braidJournal: JOURNAL_VERSION },
    taken: new BraidError('BRAID_RUN_EXISTS', `The run ${run} exists with other input (task, args, models or limits).`),
  });
  return fresh;
}

/** The script of a planning run that has ended. Errors: BRAID_PLAN_INVALID and whatever else ended the run. */
export function plannedScript(view: RunView): PlannerValue & { script: string } {
  const value = valueOf(view.value);
  if (view.error !== null) {
    const code = isErrorCode(view.error.code) ? view.error.code : 'BRAID_INTERNAL';
    const fix = value?.script == null ? undefined : `Its last script is kept: braid result ${view.run}`;
    throw new BraidError(code, view.error.message, fix === undefined ? {} : { fix });
  }
  if (value === null || value.script === null)
    throw new BraidError('BRAID_PLAN_INVALID', `The run ${view.run} gave no script; it is ${view.status}.`);
  return { ...value, script: value.script };
}

function valueOf(value: Json): PlannerValue | null {
  if (!isJsonObject(value)) return null;
  const { script, problems, notes, tries } = value;
  return {
    script: typeof script === 'string' ? script : null,
    problems: texts(problems),
    notes: texts(notes),
    tries: typeof tries === 'number' ? tries : 0,
    error: null,
  };
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}
