import type { RunInput, WorkspaceRef } from '../../protocol/run-input.ts';
import { hashText } from '../../protocol/hash.ts';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { loadAgents } from './agents.ts';
import { loadConfig, type BraidConfig } from './config.ts';
import { effectSettings } from './effects.ts';
import { resolveLimits, resolveStrict } from './limits.ts';
import type { EarlierRun } from '../resume/earlier.ts';
import { keptModels, resolveModels } from './models.ts';
import type { Place } from './place.ts';
import { resolveSettings, type Flags } from './settings.ts';
import { resolveWorkspace, type WorkspaceOptions } from './workspace.ts';

/** What every run is asked for with, whatever drives it. */
export interface BaseOptions extends WorkspaceOptions {
  /** Models and limits, as text or as numbers. */
  flags?: Flags;
  /** The run goes on without its starter; it waits at a limit then instead of stopping. */
  detach?: boolean;
  /** The run's id; its random numbers come from it. */
  run: string;
  /** Hash of the engine that the worker will use. */
  engine: string;
  /** The run to resume from: its finished calls are reused, and what is not named here is taken from it (E1). */
  earlier?: EarlierRun | undefined;
  /** False: what is not named is still taken from `earlier`, but none of its calls. */
  cache?: boolean | undefined;
}

export interface RunBase {
  input: RunInput;
  config: { values: BraidConfig; file: string | null };
  warnings: string[];
}

/** Models, limits, agents and workspace of a run. Throws BraidError for the first thing that is wrong. */
export async function buildRunBase(options: BaseOptions, place: Place): Promise<RunBase> {
  const { earlier } = options;
  refuseItself(options);
  const { workspace, warnings: lost } = await workspaceOf(options, place.cwd);
  const config = await loadConfig(place.cwd);
  const settings = resolveSettings(options.flags ?? {}, place.env, config);
  const limits = resolveLimits(settings, { detach: options.detach ?? false });
  const aliases = config.values.aliases ?? {};
  const models =
    earlier === undefined ? resolveModels(settings, aliases) : keptModels(earlier.models, options.flags ?? {}, aliases);
  const { agents, warnings } = await loadAgents(workspace?.root ?? place.cwd, place.home);
  const seed = earlier?.seed ?? hashText(`seed ${options.run}`).slice(0, 32);
  const strict = resolveStrict(settings.strict);
  const resumed = earlier === undefined || options.cache === false ? {} : { resumeFrom: earlier.run };
  const pinned = { limits, models, agents, workspace, seed, engine: options.engine, strict };
  const input: RunInput = {
    ...pinned,
    keepJournal: true,
    steerable: true,
    mayChange: true,
    ...effectSettings(config, place.cwd),
    ...resumed,
  };
  return { input, config, warnings: [...lost, ...warnings] };
}

/** The folder that agents read: the earlier run's, unless another one, or none, is named. */
export async function workspaceOf(
  options: WorkspaceOptions & Pick<BaseOptions, 'earlier'>,
  cwd: string,
): Promise<{ workspace: WorkspaceRef | null; warnings: string[] }> {
  const { earlier, base } = options;
  const named = options.cwd !== undefined || options.workspace === false;
  if (earlier === undefined || named) return { workspace: await resolveWorkspace(options, cwd), warnings: [] };
  if (earlier.workspace === null && base === undefined) return { workspace: null, warnings: [] };
  const kept = { cwd: earlier.workspace?.root, base: base ?? earlier.workspace?.base ?? undefined };
  try {
    return { workspace: await resolveWorkspace(kept, cwd), warnings: [] };
  } catch (error) {
    // The run may come from another machine (DW-43).
    if (!isBraidError(error, 'BRAID_WORKSPACE_UNREADABLE')) throw error;
    const warning = `the workspace of ${earlier.run}, ${kept.cwd ?? cwd}, is not here: ${cwd} is read instead; --cwd names another.`;
    return { workspace: await resolveWorkspace({ base: kept.base }, cwd), warnings: [warning] };
  }
}

function refuseItself({ earlier, run }: BaseOptions): void {
  if (earlier?.run !== run) return;
  throw new BraidError('BRAID_USAGE', `The run ${run} cannot be resumed from under its own id.`, {
    fix: `Choose another --id. A run that still runs needs no resuming: braid watch ${run}`,
  });
}
