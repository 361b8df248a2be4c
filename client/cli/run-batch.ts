/** The work of `braid batch`, loaded when it is needed. */
import { BraidError } from '../../protocol/errors.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { openStore } from '../../store/blobs.ts';
import { resolveHome } from '../../store/home.ts';
import { buildBatchInput, type BuiltBatch } from '../batch/input.ts';
import { startBatch } from '../batch/start.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import { checkRunId, newRunId } from '../start-run.ts';
import type { BatchFlags } from './batch.ts';
import { say, withSession } from './common.ts';
import { detached } from './follow.ts';
import { followBatch } from './follow-batch.ts';
import type { Output } from './options.ts';

/** Returns the exit code. */
export async function runBatch(script: string, flags: BatchFlags, output: Output): Promise<number> {
  await loadDotEnv(process.cwd(), process.env);
  refuseOut(flags, output);
  const name = script === '-' ? 'stdin' : (script.split('/').at(-1) ?? '');
  const run = flags.id === undefined ? newRunId(name) : checkRunId(flags.id);
  const { items, window, retryFailed: retry, cache, cwd, base, workspace } = flags;
  const built = await buildBatchInput({
    ...{ script, items, window, retry, cache, flags, run, cwd, base, workspace, engine: ENGINE_HASH },
    stdin: process.stdin,
    store: openStore(resolveHome(process.env)),
  });
  warn(built, items ?? '');
  return withSession('server and worker', async (session) => {
    const { fresh } = await startBatch(session, run, built);
    if (!fresh) say(`The batch ${run} is there already with the same input: attached.`);
    if (flags.detach === true) return detached(run, output);
    if (output === 'text') say(`Started. Come back any time: braid watch ${run}`);
    return followBatch(session, run, { output, strict: built.input.strict, out: flags.out });
  });
}

function refuseOut({ detach, out }: BatchFlags, output: Output): void {
  if (out !== undefined && detach === true) {
    throw new BraidError('BRAID_USAGE', '--out needs a command that stays, and --detach leaves.', {
      fix: 'Leave --out out; later: braid result RUN > results.jsonl',
    });
  }
  if (out !== '-' || output === 'text') return;
  throw new BraidError('BRAID_USAGE', `--out - and -o ${output} both want standard output.`, {
    fix: 'Give --out a file, or leave one of them out.',
  });
}

/** Bad lines are told at once, and stand in the results. */
function warn({ warnings, bad, input }: BuiltBatch, items: string): void {
  for (const warning of warnings) say(`warning: ${warning}`);
  const { invalid } = input.items;
  if (bad.length === 0) return;
  say(
    `warning: ${items}: ${invalid} ${invalid === 1 ? 'line is' : 'lines are'} bad and will count as failed; the rest goes on`,
  );
  for (const line of bad) say(`  ${line}`);
  if (invalid > bad.length) say(`  … and ${invalid - bad.length} more; the results name them all`);
}
