/** The work of `braid rlm`, loaded when it is needed. */
import { BraidError } from '../../protocol/errors.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { openStore } from '../../store/blobs.ts';
import { resolveHome } from '../../store/home.ts';
import { readContexts } from '../input/contexts.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import { readingProgress } from '../input/reading-progress.ts';
import { buildRlmInput } from '../input/rlm-input.ts';
import { checkRunId, newRunId, startRlm } from '../start-run.ts';
import { say, withSession } from './common.ts';
import { detached, follow } from './follow.ts';
import type { Output } from './options.ts';
import type { RlmFlags } from './rlm.ts';

/** Returns the exit code. */
export async function runRlm(question: string, flags: RlmFlags, output: Output): Promise<number> {
  await loadDotEnv(process.cwd(), process.env);
  const specs = flags.context ?? [];
  refuseTwoReaders(question, specs);
  const run = flags.id === undefined ? newRunId(/^[@-]/.test(question) ? 'rlm' : question) : checkRunId(flags.id);
  const store = openStore(resolveHome(process.env));
  const progress = readingProgress(say);
  const { schema, depth, iterations, system, cwd, workspace } = flags;
  const built = await buildRlmInput(
    {
      ...{ question, schema, depth, iterations, system, flags, run, cwd, workspace, engine: ENGINE_HASH },
      detach: flags.detach ?? false,
      context: () => readContexts(specs, { cwd: process.cwd(), stdin: process.stdin, store, progress }),
    },
    store,
  );
  for (const warning of built.warnings) say(`warning: ${warning}`);
  return withSession('server and worker', async (session) => {
    const { fresh } = await startRlm(session, run, built);
    if (!fresh) say(`The run ${run} is there already with the same input: attached.`);
    if (flags.detach === true) return detached(run, output);
    return follow(session, run, { output, strict: built.input.strict });
  });
}

function refuseTwoReaders(question: string, specs: readonly string[]): void {
  const readers = [
    ...(question === '-' || question === '@-' ? ['the question'] : []),
    ...specs.filter((spec) => spec === '-'),
  ];
  if (readers.length < 2) return;
  throw new BraidError('BRAID_USAGE', 'Only one of question and contexts can read standard input.', {
    fix: 'Put the others into files.',
  });
}
