import { hashText } from '../../protocol/hash.ts';
import type { Json } from '../../protocol/json.ts';
import type { ScriptInput } from '../../protocol/run-input.ts';
import { BraidError } from '../../protocol/errors.ts';
import { checkScript } from '../../sandbox/check/index.ts';
import { readArgs, type ScriptArgs } from './args.ts';
import { loadScriptSource, type LoadedSource } from './load-script.ts';
import { currentPlace, type Place } from './place.ts';
import type { EarlierScript } from '../resume/earlier.ts';
import { buildRunBase, workspaceOf, type BaseOptions } from './run-base.ts';
import { toolModuleOf } from './tool-module.ts';

/** What `braid run` and the library's `run` know about a run before it starts. */
export interface ScriptOptions extends BaseOptions {
  /** A path, a saved name, `-`, or the source itself. */
  script: string | LoadedSource;
  /** `--args`: JSON text, `@file` or `@-`; the library gives the value. Absent: those of `earlier` (DW-04). */
  args?: string | { value: Json } | undefined;
  earlier?: EarlierScript | undefined;
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
  const { workspace } = await workspaceOf(options, place.cwd);
  const projects = workspace === null ? [place.cwd] : [workspace.root, place.cwd];
  const { source, file } = await sourceOf(options.script, projects, place);
  const checked = checkScript(source, { file });
  const given = await argsOf(options, place);
  const base = await buildRunBase(options, place);
  const warnings = [...checked.warnings, ...given.warnings, ...base.warnings];
  const toolModule = toolModuleOf(base.config, place.cwd);
  const input: ScriptInput = {
    source: checked.source,
    sourceHash: hashText(source),
    name: checked.name,
    file,
    meta: checked.meta,
    args: given.args,
    hasArgs: given.hasArgs,
    warnings,
    ...base.input,
    ...(toolModule === null ? {} : { toolModule }),
    ...(options.earlier?.planner === true ? { planner: true } : {}),
  };
  return { input, warnings, source };
}

async function argsOf({ args, earlier }: ScriptOptions, place: Place): Promise<ScriptArgs> {
  if (args !== undefined || earlier === undefined) return readArgs(args, place);
  return { args: earlier.args, hasArgs: earlier.hasArgs, warnings: [] };
}

function refuseTwoReaders({ script, args }: ScriptOptions): void {
  if (script !== '-' || args !== '@-') return;
  const fix = 'Put one of them into a file.';
  throw new BraidError('BRAID_USAGE', 'The script and --args both want to read standard input.', { fix });
}

async function sourceOf(script: ScriptOptions['script'], projects: string[], place: Place): Promise<LoadedSource> {
  return typeof script === 'string' ? loadScriptSource(script, { projects, home: place.home }, place) : script;
}
