/** Plays a script in a thread of its own: its stack is asked for, and a script that never ends is ended. */
import { Worker } from 'node:worker_threads';
import { BraidError } from '../../protocol/errors.ts';
import { SAVED } from '../../protocol/limits.ts';
import type { Played, Program } from './guest.ts';
import type { RecordedCall, RecordedReport } from './recording.ts';
import type { RunFacts } from './run-book.ts';

export interface PlayJob {
  program: Program;
  book: { recorded: RecordedCall[] } | { run: RunFacts };
}

/** `problem`: why the run cannot be played again. `report` is of recorded calls only. */
export type PlayReply = { played: Played; report: RecordedReport | null } | { problem: string };

const ENTRY = new URL(`./play-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/** Errors: BRAID_SANDBOX_BROKEN when the thread died or took longer than {@link SAVED}.playMs. */
export async function playInThread(job: PlayJob): Promise<PlayReply> {
  const { promise, resolve, reject } = Promise.withResolvers<PlayReply>();
  const died = (why: string) => reject(new BraidError('BRAID_SANDBOX_BROKEN', `The script was not played: ${why}.`));
  const thread = new Worker(ENTRY, {
    env: {},
    execArgv: [],
    workerData: job,
    resourceLimits: { stackSizeMb: SAVED.threadStackMb },
  });
  const timer = setTimeout(() => died(`it took more than ${SAVED.playMs} ms`), SAVED.playMs);
  thread.on('message', resolve);
  thread.on('error', (error: unknown) => died(error instanceof Error ? error.message : String(error)));
  thread.on('exit', () => died('its thread ended'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}
