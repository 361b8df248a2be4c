/**
 * Staying with a batch until it ends: progress for people, results for programs. As in follow.ts, stdout gets the answer only, and
 * leaving never touches the batch.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { BATCH, WATCH } from '../../protocol/limits.ts';
import { findRecord, resultsFile } from '../../store/batches/files.ts';
import { openCopy, withValue, type Copy } from '../batch/copy.ts';
import { PaceMeter } from '../batch/pace.ts';
import { progressLine, renderBatch } from '../batch/render.ts';
import { ResultsTally } from '../batch/tally.ts';
import { askProgress, exitCodeOfBatch, readBatch, type BatchView } from '../batch/view.ts';
import { clock } from '../render/format.ts';
import { wantsColor } from '../render/style.ts';
import { RunHandle } from '../run-handle.ts';
import type { Session } from '../session.ts';
import { printJson, say } from './common.ts';
import { pageOf } from './follow.ts';
import { watchInterrupts } from './interrupts.ts';
import type { Output } from './options.ts';

export interface FollowBatchOptions {
  output: Output;
  strict: boolean;
  /** Where the results go beside the store. */
  out?: string | undefined;
}

/** Returns the exit code. */
export async function followBatch(session: Session, run: string, options: FollowBatchOptions): Promise<number> {
  const { client, store } = session;
  const { output, strict, out } = options;
  const copy = out === undefined ? null : await openCopy(out, store);
  const tally = new ResultsTally(resultsFile(store, run), run);
  const total = (await findRecord(store, run))?.items.total ?? 0;
  const teller = output === 'text' ? new ProgressTeller(session, run, total) : null;
  const interrupts = watchInterrupts(run, () => new RunHandle(client, run).cancel(), say);
  const take = (lines: string[]) => pass(lines, { session, run, output, copy });
  const end = untilEnded(client.workflow.getHandle(run), interrupts.detached);
  let ended = false;
  void end.then(() => (ended = true));
  try {
    while (!ended) {
      await tally.read(take);
      await teller?.tell(tally);
      await Promise.race([end, sleep(BATCH.pollMs)]);
    }
    await tally.read(take);
  } finally {
    interrupts.stop();
    teller?.stop();
    await copy?.close();
  }
  if (interrupts.detached.aborted) {
    say(`Detached; the batch goes on. Come back: braid watch ${run} · end it: braid cancel ${run}`);
    return 130;
  }
  const view = await readBatch(session, run, tally);
  finish(view, session, options);
  return exitCodeOfBatch(view, strict);
}

/** Each line to where it is wanted. */
async function pass(
  lines: string[],
  { session, run, output, copy }: { session: Session; run: string; output: Output; copy: Copy | null },
): Promise<void> {
  await copy?.write(lines);
  if (output !== 'jsonl') return;
  const at = new Date().toISOString();
  for (const line of lines) {
    const whole = JSON.parse(await withValue(line, session.store)) as object;
    printJson({ v: 1, at, run, type: 'item.ended', ...whole });
  }
}

function finish(view: BatchView, { server }: Session, { output, out }: FollowBatchOptions): void {
  if (output !== 'text') return printJson(objectOf(view));
  const width = process.stderr.columns ?? 120;
  const uiUrl = pageOf(view.run, server);
  for (const line of renderBatch(view, { width, color: wantsColor(process.stderr), now: Date.now(), uiUrl })) {
    process.stderr.write(`${line}\n`);
  }
  if (out === undefined) process.stdout.write(`${view.results}\n`);
}

/** The object of `-o json`, in the shape of any run's (design §5.1). */
export function objectOf({ run, status, total, counts, ended, results, error, usage, startedAt, endedAt }: BatchView) {
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  const value = { total, ...counts, notRun: total - ended, results };
  return { run, status, value, error, usage, outcomes: [], startedAt: iso(startedAt), endedAt: iso(endedAt) };
}

/** Resolves when the batch has ended, or when it is to be left. A server that goes away is waited for. */
async function untilEnded(handle: WorkflowHandle, left: AbortSignal): Promise<void> {
  const leaving = new Promise<void>((resolve) => left.addEventListener('abort', () => resolve(), { once: true }));
  let told = false;
  while (!left.aborted) {
    try {
      await Promise.race([handle.result(), leaving]);
      return;
    } catch (error) {
      if (error instanceof WorkflowFailedError) return;
      if (!told) say('The server does not answer; waiting for it.');
      told = true;
      await Promise.race([sleep(WATCH.retryMs), leaving]);
    }
  }
}

/** One line that is rewritten on a terminal; now and then a line elsewhere. */
class ProgressTeller {
  private readonly session: Session;
  private readonly run: string;
  private readonly total: number;
  private readonly pace: PaceMeter;
  private readonly live = process.stderr.isTTY;
  private last = 0;

  constructor(session: Session, run: string, total: number) {
    this.session = session;
    this.run = run;
    this.total = total;
    this.pace = new PaceMeter(total);
  }

  async tell({ counts, ended }: ResultsTally): Promise<void> {
    const now = Date.now();
    if (now - this.last < (this.live ? BATCH.tellMs : BATCH.tellPipeMs)) return;
    this.last = now;
    const progress = await askProgress(this.session.client, this.run);
    const line = progressLine({
      total: this.total,
      counts,
      running: progress?.running ?? null,
      paused: progress?.paused ?? false,
      pace: this.pace.tell(now, ended),
    });
    process.stderr.write(this.live ? `\r${line}\u001b[K` : `${clock(now)} ${line}\n`);
  }

  stop(): void {
    if (this.live && this.last > 0) process.stderr.write('\n');
  }
}
