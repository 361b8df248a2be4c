/** The work of `braid rlm`, loaded when it is needed. */
import { BraidError } from '../../protocol/errors.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { openStore, type Store } from '../../store/blobs.ts';
import { resolveHome } from '../../store/home.ts';
import { readContexts } from '../input/contexts.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import { readingProgress } from '../input/reading-progress.ts';
import { buildRlmInput, type BuiltRlm } from '../input/rlm-input.ts';
import type { EarlierRlm } from '../resume/earlier.ts';
import { earlierRlm } from '../resume/use.ts';
import type { Session } from '../session.ts';
import { checkRunId, newRunId, startRlm } from '../start-run.ts';
import { say, withSession } from './common.ts';
import { detached, follow } from './follow.ts';
import type { Output } from './options.ts';
import type { RlmFlags } from './rlm.ts';

/** Returns the exit code. */
export async function runRlm(question: string | undefined, flags: RlmFlags, output: Output): Promise<number> {
  await loadDotEnv(process.cwd(), process.env);
  refuseTwoReaders(question, flags.context ?? []);
  const { resumeFrom } = flags;
  if (resumeFrom !== undefined) {
    return withSession('server and worker', async (session) =>
      runResumed(session, await earlierRlm(session, resumeFrom), { question, flags, output }),
    );
  }
  if (question === undefined) {
    throw new BraidError('BRAID_USAGE', 'No question is asked.', {
      fix: 'braid rlm "What is asked?" --context file.txt; braid rlm --resume-from RUN asks that one again.',
    });
  }
  const started = await build(openStore(resolveHome(process.env)), question, flags);
  return withSession('server and worker', (session) => go(session, started, { flags, output }));
}

/** A run that takes from `earlier` what is not named, question and contexts included. */
export async function runResumed(
  session: Session,
  earlier: EarlierRlm,
  { question, flags, output }: { question: string | undefined; flags: RlmFlags; output: Output },
): Promise<number> {
  return go(session, await build(session.store, question, flags, earlier), { flags, output });
}

interface ToStart {
  run: string;
  built: BuiltRlm;
}

async function build(
  store: Store,
  question: string | undefined,
  flags: RlmFlags,
  earlier?: EarlierRlm,
): Promise<ToStart> {
  const { id, context: specs, schema, depth, iterations, system, cwd, workspace, cache } = flags;
  const named = question ?? earlier?.name ?? '';
  const run = id === undefined ? newRunId(/^[@-]/.test(named) ? 'rlm' : named) : checkRunId(id);
  const progress = readingProgress(say);
  const read = (contexts: string[]) => () =>
    readContexts(contexts, { cwd: process.cwd(), stdin: process.stdin, store, progress });
  const built = await buildRlmInput(
    {
      ...{
        question,
        schema,
        depth,
        iterations,
        system,
        flags,
        run,
        cwd,
        workspace,
        cache,
        earlier,
        engine: ENGINE_HASH,
      },
      detach: flags.detach ?? false,
      context: specs === undefined ? undefined : read(specs),
    },
    store,
  );
  return { run, built };
}

async function go(
  session: Session,
  { run, built }: ToStart,
  { flags, output }: { flags: RlmFlags; output: Output },
): Promise<number> {
  for (const warning of built.warnings) say(`warning: ${warning}`);
  const { fresh } = await startRlm(session, run, built);
  if (!fresh) say(`The run ${run} is there already with the same input: attached.`);
  else if (built.input.resumeFrom !== undefined) say(`${run} resumes from ${built.input.resumeFrom}.`);
  if (flags.detach === true) return detached(run, output);
  return follow(session, run, { output, strict: built.input.strict });
}

function refuseTwoReaders(question: string | undefined, specs: readonly string[]): void {
  const readers = [
    ...(question === '-' || question === '@-' ? ['the question'] : []),
    ...specs.filter((spec) => spec === '-'),
  ];
  if (readers.length < 2) return;
  throw new BraidError('BRAID_USAGE', 'Only one of question and contexts can read standard input.', {
    fix: 'Put the others into files.',
  });
}
