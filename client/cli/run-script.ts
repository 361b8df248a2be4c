/** The work of `braid run`, loaded when it is needed. */
import { BraidError } from '../../protocol/errors.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import type { LoadedSource } from '../input/load-script.ts';
import { buildScriptInput, type BuiltInput } from '../input/script-input.ts';
import type { EarlierScript } from '../resume/earlier.ts';
import { earlierScript, sourceOfEarlier } from '../resume/use.ts';
import type { Session } from '../session.ts';
import { checkRunId, newRunId, startRun } from '../start-run.ts';
import { detached, follow } from './follow.ts';
import type { Output, RunFlags } from './options.ts';
import { say, withSession } from './common.ts';

/** Returns the exit code. */
export async function runScript(script: string | undefined, flags: RunFlags, output: Output): Promise<number> {
  await loadDotEnv(process.cwd(), process.env);
  const { resumeFrom } = flags;
  if (resumeFrom !== undefined) {
    return withSession('server and worker', async (session) =>
      runResumed(session, await earlierScript(session, resumeFrom), { script, flags, output }),
    );
  }
  if (script === undefined) {
    throw new BraidError('BRAID_USAGE', 'No script is named.', {
      fix: 'braid run FILE.js, a saved name, or - for standard input; braid run --resume-from RUN runs that one again.',
    });
  }
  const started = await build(script, flags);
  return withSession('server and worker', (session) => go(session, started, { flags, output }));
}

/** A run that takes from `earlier` what is not named, the script included. */
export async function runResumed(
  session: Session,
  earlier: EarlierScript,
  { script, flags, output }: { script: string | undefined; flags: RunFlags; output: Output },
): Promise<number> {
  const source = script ?? (await sourceOfEarlier(session.store, earlier));
  return go(session, await build(source, flags, earlier), { flags, output });
}

interface ToStart {
  run: string;
  built: BuiltInput;
}

async function build(script: string | LoadedSource, flags: RunFlags, earlier?: EarlierScript): Promise<ToStart> {
  const { id, args, cwd, base, workspace, cache } = flags;
  const run = id === undefined ? newRunId(nameOfScript(script)) : checkRunId(id);
  const built = await buildScriptInput({
    ...{ script, args, flags, run, cwd, base, workspace, cache, earlier, engine: ENGINE_HASH },
    detach: flags.detach ?? false,
  });
  return { run, built };
}

function nameOfScript(script: string | LoadedSource): string {
  const file = typeof script === 'string' ? script : script.file;
  return file === '-' ? 'stdin' : (file.split('/').at(-1) ?? '');
}

async function go(
  session: Session,
  { run, built }: ToStart,
  { flags, output }: { flags: RunFlags; output: Output },
): Promise<number> {
  // In text the run's own log tells them.
  if (output !== 'text' || flags.detach === true) for (const warning of built.warnings) say(`warning: ${warning}`);
  const { fresh } = await startRun(session, run, built);
  if (!fresh) say(`The run ${run} is there already with the same input: attached.`);
  else if (built.input.resumeFrom !== undefined) say(`${run} resumes from ${built.input.resumeFrom}.`);
  if (flags.detach === true) return detached(run, output);
  return follow(session, run, { output, strict: built.input.strict });
}
