/** What a plan is judged with: the settings of the run that it would become. Nothing is started. */
import { BraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import { PLAN } from '../../protocol/limits.ts';
import type { PlannerArgs } from '../../protocol/plan.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { findSavedScript, listSavedScripts, readScript, type SavedPlaces } from '../../store/saved-scripts.ts';
import { loadAgents } from '../input/agents.ts';
import { readArgs } from '../input/args.ts';
import { loadConfig } from '../input/config.ts';
import { resolveLimits } from '../input/limits.ts';
import { resolveModels } from '../input/models.ts';
import type { Place } from '../input/place.ts';
import { buildScriptInput, type BuiltInput } from '../input/script-input.ts';
import { resolveSettings, type Flags } from '../input/settings.ts';
import { resolveWorkspace, type WorkspaceOptions } from '../input/workspace.ts';
import { briefingOf } from './briefing.ts';
import type { EstimateOptions } from './planned-call.ts';
import { PLANNER_NAME, PLANNER_SCRIPT } from './planner-script.ts';

export interface PlanOptions extends WorkspaceOptions {
  flags: Flags;
  /** `--args` of the script. */
  args?: string | undefined;
  detach?: boolean | undefined;
}

/** All but the source that an estimate needs. */
export async function surroundings(options: PlanOptions, place: Place): Promise<Omit<EstimateOptions, 'file'>> {
  const workspace = await resolveWorkspace(options, place.cwd);
  const config = await loadConfig(place.cwd);
  const settings = resolveSettings(options.flags, place.env, config);
  const aliases = config.values.aliases ?? {};
  const { args, hasArgs } = await readArgs(options.args, place);
  const { agents } = await loadAgents(workspace?.root ?? place.cwd, place.home);
  const sources = await savedSources({ projects: projectsOf(workspace?.root, place), home: place.home });
  return {
    args: hasArgs ? args : undefined,
    limits: resolveLimits(settings, { detach: options.detach ?? false }),
    model: settings.model === undefined ? null : resolveModels(settings, aliases).main,
    aliases,
    agents,
    workspace: workspace !== null,
    saved: (name) => sources.get(name) ?? null,
  };
}

export interface BuiltPlanner {
  built: BuiltInput;
  /** What `--id` compares: the task, not what the workspace holds by then. */
  identity: Json;
}

/** The run that writes the script. Its tries are few, so that `--max-calls` is left to the run of the script. */
export async function plannerInput(
  task: string,
  run: string,
  options: PlanOptions,
  place: Place,
): Promise<BuiltPlanner> {
  refuseTask(task);
  const { maxCalls: _, ...flags } = options.flags;
  const around = { cwd: options.cwd, workspace: options.workspace, base: options.base };
  const script = { source: PLANNER_SCRIPT, file: `${PLANNER_NAME}.js` };
  const built = await buildScriptInput({ ...around, script, flags, run, engine: ENGINE_HASH }, place);
  const { args, limits } = await surroundings(options, place);
  const { workspace } = built.input;
  const places = { projects: projectsOf(workspace?.root, place), home: place.home };
  const briefing = await briefingOf({ task, input: { ...built.input, limits }, places, args });
  const told: PlannerArgs = { task, ...briefing, tries: PLAN.tries };
  const input = { ...built.input, args: { ...told }, hasArgs: true, planner: true as const };
  const { models } = input;
  return {
    built: { ...built, input },
    identity: { plan: task, args: args ?? null, models: { ...models }, maxCalls: limits.maxCalls },
  };
}

export function projectsOf(root: string | undefined, { cwd }: Place): string[] {
  return root === undefined ? [cwd] : [root, cwd];
}

function refuseTask(task: string): void {
  if (task.trim() !== '' && task.length <= PLAN.taskChars) return;
  const what =
    task.trim() === ''
      ? 'The task is empty.'
      : `The task has ${task.length} characters; it may have ${PLAN.taskChars}.`;
  throw new BraidError('BRAID_USAGE', what, {
    fix: 'braid plan "what is to be done"; put large material into files of --cwd.',
  });
}

async function savedSources(places: SavedPlaces): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const name of (await listSavedScripts(places)).slice(0, PLAN.named)) {
    const source = await findSavedScript(name, places)
      .then(({ path }) => readScript(path, name))
      .catch(() => null);
    if (source !== null) sources.set(name, source);
  }
  return sources;
}
