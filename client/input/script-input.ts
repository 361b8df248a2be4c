import { hashText } from '../../protocol/hash.ts';
import type { Json } from '../../protocol/json.ts';
import type { RunLimits, ScriptInput } from '../../protocol/run-input.ts';
import { BraidError } from '../../protocol/errors.ts';
import { checkScript } from '../../sandbox/check/index.ts';
import { loadAgents } from './agents.ts';
import { readArgs } from './args.ts';
import { loadConfig } from './config.ts';
import { resolveLimits, resolveStrict } from './limits.ts';
import { loadScriptSource, type LoadedSource } from './load-script.ts';
import { resolveModels } from './models.ts';
import { currentPlace, type Place } from './place.ts';
import { resolveSettings, type Flags } from './settings.ts';
import { resolveWorkspace, type WorkspaceOptions } from './workspace.ts';

/** What `braid run` and the library's `run` know about a run before it starts. */
export interface ScriptOptions extends WorkspaceOptions {
  /** A path, a saved name, `-`, or the source itself. */
  script: string | LoadedSource;
  /** `--args`: JSON text, `@file` or `@-`; the library gives the value. */
  args?: string | { value: Json } | undefined;
  /** Models and limits, as text or as numbers. */
  flags?: Flags;
  /** The run goes on without its starter; it waits at a limit then instead of stopping. */
  detach?: boolean;
  /** The run's id; its random numbers come from it. */
  run: string;
  /** Hash of the engine that the worker will use. */
  engine: string;
}

export interface BuiltInput {
  input: ScriptInput;
  warnings: string[];
  /** The script as the user wrote it; `input.sourceHash` is its hash. */
  source: string;
}

/**
 * Everything a run is started with, checked. Nothing is started, stored or sent.
 *
 * @throws BraidError for the first thing that is wrong; its code, place and fix are for the user.
 */
export async function buildScriptInput(options: ScriptOptions, place: Place = currentPlace()): Promise<BuiltInput> {
  refuseTwoReaders(options);
  const workspace = await resolveWorkspace(options, place.cwd);
  const projects = workspace === null ? [place.cwd] : [workspace.root, place.cwd];
  const { source, file } = await sourceOf(options.script, projects, place);
  const checked = checkScript(source, { file });
  const given = await readArgs(options.args, place);
  const config = await loadConfig(place.cwd);
  const settings = resolveSettings(options.flags ?? {}, place.env, config);
  const limits = resolveLimits(settings, { detach: options.detach ?? false });
  refuseUsd(limits);
  const models = resolveModels(settings, config.values.aliases ?? {});
  const agents = await loadAgents(projects[0] ?? null, place.home);
  const warnings = [...checked.warnings, ...given.warnings, ...agents.warnings];
  const input: ScriptInput = {
    source: checked.source,
    sourceHash: hashText(source),
    name: checked.name,
    file,
    meta: checked.meta,
    args: given.args,
    hasArgs: given.hasArgs,
    warnings,
    limits,
    models,
    agents: agents.agents,
    workspace,
    seed: hashText(`seed ${options.run}`).slice(0, 32),
    engine: options.engine,
    strict: resolveStrict(settings.strict),
  };
  return { input, warnings, source };
}

/** A cap that is not kept must not be taken: reserving before dispatch needs prices in the ledger, which it does not have yet. */
function refuseUsd({ maxUsd }: RunLimits): void {
  if (maxUsd === null) return;
  throw new BraidError('BRAID_NOT_AVAILABLE', `A limit in USD (${maxUsd}) is not available in this version of Braid.`, {
    fix: 'Use --max-output-tokens, --max-requests or --max-calls.',
  });
}

function refuseTwoReaders({ script, args }: ScriptOptions): void {
  if (script !== '-' || args !== '@-') return;
  const fix = 'Put one of them into a file.';
  throw new BraidError('BRAID_USAGE', 'The script and --args both want to read standard input.', { fix });
}

async function sourceOf(script: ScriptOptions['script'], projects: string[], place: Place): Promise<LoadedSource> {
  return typeof script === 'string' ? loadScriptSource(script, { projects, home: place.home }, place) : script;
}
