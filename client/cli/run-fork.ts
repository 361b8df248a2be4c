/** The work of `braid fork`, loaded when it is needed. */
import { BraidError } from '../../protocol/errors.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import { findEarlier } from '../resume/find.ts';
import { withSession } from './common.ts';
import type { Output } from './options.ts';
import type { ForkFlags } from './run.ts';
import { runResumed as resumeRlm } from './run-rlm.ts';
import { runResumed as resumeScript } from './run-script.ts';

/** Returns the exit code. */
export async function fork(run: string, flags: ForkFlags, output: Output): Promise<number> {
  await loadDotEnv(process.cwd(), process.env);
  const { script } = flags;
  return withSession('server and worker', async (session) => {
    const earlier = await findEarlier(session, run);
    if (earlier.kind === 'script') return resumeScript(session, earlier, { script, flags, output });
    const wrong = script !== undefined ? '--script' : flags.args !== undefined ? '--args' : null;
    if (wrong === null) return resumeRlm(session, earlier, { question: undefined, flags, output });
    throw new BraidError('BRAID_USAGE', `${run} is a recursive language model: it takes no ${wrong}.`, {
      fix: `Ask it something else with braid rlm "…" --resume-from ${run}.`,
    });
  });
}
