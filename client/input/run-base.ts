import type { RunInput, RunLimits } from '../../protocol/run-input.ts';
import { hashText } from '../../protocol/hash.ts';
import { BraidError } from '../../protocol/errors.ts';
import { loadAgents } from './agents.ts';
import { loadConfig, type BraidConfig } from './config.ts';
import { resolveLimits, resolveStrict } from './limits.ts';
import { resolveModels } from './models.ts';
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
}

export interface RunBase {
  input: RunInput;
  config: { values: BraidConfig; file: string | null };
  warnings: string[];
}

/** Models, limits, agents and workspace of a run. Throws BraidError for the first thing that is wrong. */
export async function buildRunBase(options: BaseOptions, place: Place): Promise<RunBase> {
  const workspace = await resolveWorkspace(options, place.cwd);
  const config = await loadConfig(place.cwd);
  const settings = resolveSettings(options.flags ?? {}, place.env, config);
  const limits = resolveLimits(settings, { detach: options.detach ?? false });
  refuseUsd(limits);
  const models = resolveModels(settings, config.values.aliases ?? {});
  const { agents, warnings } = await loadAgents(workspace?.root ?? place.cwd, place.home);
  const seed = hashText(`seed ${options.run}`).slice(0, 32);
  const strict = resolveStrict(settings.strict);
  return { input: { limits, models, agents, workspace, seed, engine: options.engine, strict }, config, warnings };
}

/** A cap that is not kept must not be taken: reserving before dispatch needs prices in the ledger, which it does not have yet. */
function refuseUsd({ maxUsd }: RunLimits): void {
  if (maxUsd === null) return;
  throw new BraidError('BRAID_NOT_AVAILABLE', `A limit in USD (${maxUsd}) is not available in this version of Braid.`, {
    fix: 'Use --max-output-tokens, --max-requests or --max-calls.',
  });
}
