/** The work of `braid plan`, loaded when it is needed. */
import { resolve } from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import { exitCodeOf } from '../../protocol/outcome.ts';
import type { Usage } from '../../protocol/outcome.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import { loadScriptSource } from '../input/load-script.ts';
import { currentPlace, type Place } from '../input/place.ts';
import { estimateOf, type Estimate } from '../plan/estimate.ts';
import { plannerInput, projectsOf, surroundings, type PlanOptions } from '../plan/input.ts';
import { keepPlan } from '../plan/keep.ts';
import { plannedScript, startPlanner } from '../plan/planning.ts';
import { renderPlan } from '../plan/render.ts';
import { refuseTaken, saveScript } from '../save/save.ts';
import type { Session } from '../session.ts';
import { checkRunId, newRunId } from '../start-run.ts';
import { resultOf } from '../view/result.ts';
import { askToRun } from './ask-to-run.ts';
import { printJson, say, withSession } from './common.ts';
import { reportError } from './errors.ts';
import { followPlanner } from './follow-planner.ts';
import type { Output } from './options.ts';
import type { PlanFlags } from './plan.ts';
import { runCommand } from './run-command.ts';
import { runScript } from './run-script.ts';

/** Returns the exit code. */
export async function plan(task: string | undefined, given: PlanFlags, output: Output): Promise<number> {
  await loadDotEnv(process.cwd(), process.env);
  const place = currentPlace();
  const flags = await argsOnce(task, given, place);
  if (flags.explain !== undefined) return explain(flags.explain, task, flags, output, place);
  if (task === undefined) {
    const fix = 'braid plan "what is to be done"; braid plan --explain FILE.js shows what a script would do.';
    throw new BraidError('BRAID_USAGE', 'No task is given.', { fix });
  }
  const project = resolve(place.cwd, flags.cwd ?? '.');
  if (flags.save !== undefined) await refuseTaken({ as: flags.save, project });
  const written = await withSession('server and worker', async (session) =>
    write(session, task === '-' ? await place.stdin() : task, flags, output, place),
  );
  if (typeof written === 'number') return written;
  const saved =
    flags.save === undefined ? null : await saveScript(written.estimate.source, { as: flags.save, project });
  if (saved !== null) say(`Saved as ${saved}.`);
  return decide({ ...written, script: saved ?? written.file }, flags, output);
}

/** Standard input can be read once, and args are needed for the plan and for the run. */
async function argsOnce(task: string | undefined, flags: PlanFlags, place: Place): Promise<PlanFlags> {
  if (flags.args !== '@-') return flags;
  if (task !== '-' && flags.explain !== '-') return { ...flags, args: await place.stdin() };
  throw new BraidError('BRAID_USAGE', 'Two things want to read standard input: --args is one of them.', {
    fix: 'Put one of them into a file.',
  });
}

interface Written {
  /** The planning run. */
  run: string;
  usage: Usage;
  tries: number;
  file: string;
  estimate: Estimate;
}

/** A number is an exit code: there is no plan. */
async function write(
  session: Session,
  task: string,
  flags: PlanFlags,
  output: Output,
  place: Place,
): Promise<Written | number> {
  const run = flags.id === undefined ? newRunId('plan') : checkRunId(flags.id);
  const fresh = await startPlanner(session, run, await plannerInput(task, run, optionsOf(flags), place));
  say(fresh ? `Planning as ${run}.` : `The plan ${run} is there already: attached.`);
  const view = await followPlanner(session, run, output);
  if (view === null) return 130;
  try {
    const { script, tries, notes } = plannedScript(view);
    const file = await keepPlan(session.store.home, run, script);
    const found = estimateOf(script, { ...(await surroundings(optionsOf(flags), place)), file });
    const estimate = { ...found, warnings: [...new Set([...found.warnings, ...notes])] };
    return { run, usage: view.usage, tries, file, estimate };
  } catch (error) {
    if (output !== 'text') printJson(resultOf(view));
    const code = await reportError(error);
    return view.status === 'completed' ? code : exitCodeOf(view.status, { strict: false, code: view.error?.code });
  }
}

/** Shows the plan, and runs it when somebody says so. */
async function decide(written: Written & { script: string }, flags: PlanFlags, output: Output): Promise<number> {
  const { estimate, script, run, usage, tries } = written;
  const { yes = false } = flags;
  const asks = !yes && output === 'text' && process.stdin.isTTY && process.stderr.isTTY;
  if (output === 'text') show(estimate, { onStderr: yes || asks });
  else if (!yes) printJson({ run, tries, usage, script, plan: estimate });
  refuseTooLarge(estimate, script, flags);
  const start = yes || (asks && (await askToRun(script)));
  if (!start) {
    say(`Not run. Run it: ${runCommand(script, flags)}`);
    return 0;
  }
  const id = flags.id === undefined ? newRunId(estimate.name) : `${flags.id}-run`;
  return runScript(script, { ...flags, id }, output);
}

function show(estimate: Estimate, { onStderr }: { onStderr: boolean }): void {
  const text = `${renderPlan(estimate, { script: true }).join('\n')}\n`;
  (onStderr ? process.stderr : process.stdout).write(text);
}

function refuseTooLarge({ calls: { known, maxCalls } }: Estimate, script: string, flags: PlanFlags): void {
  if (known <= maxCalls) return;
  const message = `The plan would make ${known.toLocaleString('en')} calls, and the run may make ${maxCalls.toLocaleString('en')}.`;
  const fix = `Plan again and ask for less, or let it: ${runCommand(script, { ...flags, maxCalls: known })}`;
  throw new BraidError('BRAID_PLAN_TOO_LARGE', message, { fix });
}

/** What any script would do. Nothing is started. */
async function explain(
  script: string,
  task: string | undefined,
  flags: PlanFlags,
  output: Output,
  place: Place,
): Promise<number> {
  if (task !== undefined) {
    throw new BraidError('BRAID_USAGE', 'A task and --explain are both given.', { fix: 'Give one of them.' });
  }
  const around = await surroundings(optionsOf(flags), place);
  const projects = projectsOf(around.workspace ? resolve(place.cwd, flags.cwd ?? '.') : undefined, place);
  const { source, file } = await loadScriptSource(script, { projects, home: place.home }, place);
  const estimate = estimateOf(source, { ...around, file });
  if (output === 'text') show(estimate, { onStderr: false });
  else printJson({ script: file, plan: estimate });
  return 0;
}

function optionsOf(flags: PlanFlags): PlanOptions {
  const { args, cwd, base, workspace, detach } = flags;
  return { flags, args, cwd, base, workspace, detach };
}
