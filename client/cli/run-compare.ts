/** The work of `braid compare`, loaded when it is needed. */
import { exitCodeOf } from '../../protocol/outcome.ts';
import type { RunView } from '../../protocol/view.ts';
import { openStore, type Store } from '../../store/blobs.ts';
import { resolveHome } from '../../store/home.ts';
import type { Comparison } from '../compare/comparison.ts';
import { prepareComparison, type Prepared } from '../compare/prepare.ts';
import { renderComparison } from '../compare/render.ts';
import { timeText } from '../compare/render-run.ts';
import { runSides, type Watching } from '../compare/sides.ts';
import { BraidError } from '../../protocol/errors.ts';
import { readContexts } from '../input/contexts.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import { readingProgress } from '../input/reading-progress.ts';
import { plainLine } from '../render/plain.ts';
import { statusText, wantsColor } from '../render/style.ts';
import type { RunHandle } from '../run-handle.ts';
import { checkRunId, newRunId } from '../start-run.ts';
import { EventFeed } from '../view/events.ts';
import { printJson, say, withSession } from './common.ts';
import type { CompareFlags } from './compare.ts';
import { URGENT } from './follow.ts';
import { watchInterrupts } from './interrupts.ts';

/** Returns the exit code: that of the run which went worst. */
export async function runCompare(task: string, flags: CompareFlags): Promise<number> {
  await loadDotEnv(process.cwd(), process.env);
  const prepared = await prepare(openStore(resolveHome(process.env)), task, flags);
  for (const warning of prepared.warnings) say(`warning: ${warning}`);
  return withSession('server and worker', async (session) => {
    const comparison = await runSides(session, prepared, teller());
    if (comparison === null) return letGo(prepared);
    if (flags.output === 'json') printJson(comparison);
    else print(comparison);
    return exitCode(comparison);
  });
}

function prepare(store: Store, task: string, flags: CompareFlags): Promise<Prepared> {
  const { id: given, context: specs = [], pieces, repeat, depth, iterations, ...rest } = flags;
  if (task === '@-' && specs.includes('-')) {
    throw new BraidError('BRAID_USAGE', 'Only one of task and contexts can read standard input.', {
      fix: 'Put the others into files.',
    });
  }
  const id = given === undefined ? newRunId(task.startsWith('@') ? 'compare' : `compare ${task}`) : checkRunId(given);
  const context = () =>
    readContexts(specs, { cwd: process.cwd(), stdin: process.stdin, store, progress: readingProgress(say) });
  return prepareComparison({ id, task, context, pieces, repeat, depth, iterations, flags: rest }, store);
}

/** One line when a run begins, one when it ends; between them only what a person must know. */
function teller(): Watching {
  let feed = new EventFeed();
  let over = false;
  return {
    started: (run, fresh) => {
      feed = new EventFeed();
      over = false;
      say(fresh ? `${run} started` : `${run} is there already with the same input: attached`);
    },
    seen: (view: RunView) => {
      for (const event of feed.next(view)) if (URGENT.has(event.type)) say(plainLine(event));
      const { run, status, startedAt, endedAt } = view;
      // Several views may be of the ended run.
      if (endedAt === null || over) return;
      over = true;
      say(`${run} ${statusText(status)} after ${timeText(endedAt - (startedAt ?? endedAt))}`);
    },
    hold: (run: RunHandle) => {
      // Also when the run ends before it is let go of: the next one must not begin.
      let interrupted = false;
      const hint = (text: string): void => {
        interrupted = true;
        say(text);
      };
      const { detached, stop } = watchInterrupts(run.id, () => run.cancel(), hint);
      return { signal: detached, left: () => interrupted, stop };
    },
  };
}

/** Runs that have ended are not paid for again, and one that goes on is attached to. */
function letGo({ compared: { id } }: Prepared): number {
  say(`The comparison is not done. The same command with --id ${id} goes on where it stands.`);
  return 130;
}

function print(comparison: Comparison): void {
  const options = { width: process.stdout.columns ?? 120, color: wantsColor(process.stdout) };
  process.stdout.write(
    renderComparison(comparison, options)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

function exitCode({ workflow, rlm }: Comparison): number {
  const codes = [...workflow.runs, ...rlm.runs].map(({ status, error }) =>
    exitCodeOf(status, { strict: false, code: error?.code }),
  );
  return Math.max(...codes);
}
