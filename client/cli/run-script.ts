/** The work of `braid run`, loaded when it is needed. */
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import { buildScriptInput } from '../input/script-input.ts';
import { checkRunId, newRunId, startRun } from '../start-run.ts';
import { detached, follow } from './follow.ts';
import type { Output, RunFlags } from './options.ts';
import { say, withSession } from './common.ts';

/** Returns the exit code. */
export async function runScript(script: string, flags: RunFlags, output: Output): Promise<number> {
  await loadDotEnv(process.cwd(), process.env);
  const run =
    flags.id === undefined
      ? newRunId(script === '-' ? 'stdin' : (script.split('/').at(-1) ?? ''))
      : checkRunId(flags.id);
  const built = await buildScriptInput({
    script,
    args: flags.args,
    flags,
    detach: flags.detach ?? false,
    run,
    engine: ENGINE_HASH,
    cwd: flags.cwd,
    base: flags.base,
    workspace: flags.workspace,
  });
  const { input } = built;
  // In text the run's own log tells them.
  if (output !== 'text' || flags.detach === true) for (const warning of built.warnings) say(`warning: ${warning}`);
  return withSession('server and worker', async (session) => {
    const { handle, fresh } = await startRun(session, run, built);
    if (!fresh) say(`The run ${run} is there already with the same input: attached.`);
    if (flags.detach === true) return detached(handle.workflowId, output);
    return follow(session, run, { output, strict: input.strict });
  });
}
