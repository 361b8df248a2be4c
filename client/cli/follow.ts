/**
 * Staying with a run until it ends: live on a terminal, plain lines in a pipe, one object or events for programs.
 *
 *  F1  stdout gets the answer only; everything else goes to stderr (design §5.1).
 *  F2  Leaving never touches the run: the first Ctrl+C detaches, the second, within a moment, cancels.
 */
import { once } from 'node:events';
import type { RunResult } from '../../protocol/outcome.ts';
import { exitCodeOf } from '../../protocol/outcome.ts';
import type { RunEvent, RunView } from '../../protocol/view.ts';
import { renderFinal } from '../render/final.ts';
import { LiveScreen } from '../render/live.ts';
import { plainLine } from '../render/plain.ts';
import { wantsColor } from '../render/style.ts';
import { RunHandle } from '../run-handle.ts';
import type { Store } from '../../store/blobs.ts';
import { largeText, withLargeValue } from '../large-value.ts';
import type { Session } from '../session.ts';
import { EventFeed } from '../view/events.ts';
import { resultOf } from '../view/result.ts';
import { printJson, say } from './common.ts';
import type { Output } from './options.ts';
import { watchInterrupts } from './interrupts.ts';

export interface FollowOptions {
  output: Output;
  strict: boolean;
}

/** Events that people should see even when only one object is wanted. */
export const URGENT: ReadonlySet<RunEvent['type']> = new Set([
  'worker.missing',
  'worker.back',
  'connection.lost',
  'connection.back',
  'run.paused',
]);

/** Returns the exit code. */
export async function follow(session: Session, run: string, options: FollowOptions): Promise<number> {
  const handle = new RunHandle(session.client, run);
  const teller =
    options.output === 'text' && process.stderr.isTTY ? liveTeller(session, run) : lineTeller(options.output);
  const interrupts = watchInterrupts(run, () => handle.cancel(), teller.hint);
  session.workerDied?.then((how) => say(`The background worker ended: ${how}`)).catch(() => undefined);
  let last: RunView | undefined;
  try {
    for await (const view of handle.watch({ signal: interrupts.detached })) {
      last = view;
      teller.tell(view);
    }
  } finally {
    interrupts.stop();
    teller.stop();
  }
  if (last === undefined || last.endedAt === null) {
    say(
      `Detached; the run goes on. Come back: braid watch ${run} · its result: braid result ${run} · end it: braid cancel ${run}`,
    );
    return 130;
  }
  return finish(last, options, session);
}

/** What a command says that starts a run and lets go of it. Returns the exit code. */
export function detached(run: string, output: Output): number {
  if (output === 'text') process.stdout.write(`${run}\n`);
  else printJson({ run, status: 'running' });
  say(`Started. Look: braid watch ${run}`);
  return 0;
}

/** The run's page in Temporal's UI. */
export function pageOf(run: string, { uiUrl, namespace }: Session['server']): string | null {
  return uiUrl === null ? null : `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(run)}`;
}

/** Prints the end of a run and gives its exit code. */
async function finish(view: RunView, { output, strict }: FollowOptions, { store, server }: Session): Promise<number> {
  const result = resultOf(view);
  if (output === 'text') {
    const width = process.stderr.columns ?? 120;
    const uiUrl = pageOf(view.run, server);
    process.stderr.write(`${renderFinal(view, { width, color: wantsColor(process.stderr), uiUrl }).join('\n')}\n`);
  }
  await printAnswer(result, output, store);
  return exitCodeOf(result.status, { strict, code: result.error?.code });
}

/** The answer on stdout: the object for programs, the value for people. A large value is fetched from the store. */
export async function printAnswer(result: RunResult, output: Output, store: Store): Promise<void> {
  if (output !== 'text') return printJson(await withLargeValue(result, store));
  if (result.large !== undefined) return printLarge(result.large, store);
  if (result.value === null && result.status === 'failed') return;
  process.stdout.write(`${typeof result.value === 'string' ? result.value : JSON.stringify(result.value, null, 2)}\n`);
}

/** Piece by piece: it may be larger than what one string can be. */
async function printLarge(large: NonNullable<RunResult['large']>, store: Store): Promise<void> {
  for await (const piece of largeText(large, store)) {
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  }
  process.stdout.write('\n');
}

interface Teller {
  tell(view: RunView): void;
  hint(text: string): void;
  stop(): void;
}

function liveTeller(session: Session, run: string): Teller {
  const screen = new LiveScreen(process.stderr, { uiUrl: pageOf(run, session.server), hint: 'Ctrl+C detaches' });
  return { tell: (view) => screen.update(view), hint: (text) => screen.hint(text), stop: () => screen.stop() };
}

function lineTeller(output: Output): Teller {
  const feed = new EventFeed();
  const tell = (view: RunView): void => {
    for (const event of feed.next(view)) {
      if (output === 'jsonl') printJson(event);
      else if (output === 'text' || URGENT.has(event.type)) say(plainLine(event));
    }
  };
  return { tell, hint: say, stop: () => undefined };
}
