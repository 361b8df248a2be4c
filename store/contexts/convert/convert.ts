/**
 * Documents to text, in a thread of their own. Invariants:
 *
 *  D1  A hostile document costs its own conversion and nothing else: time and heap are bounded, and what its parser prints goes
 *      nowhere.
 *  D2  The caller's event loop goes on: a worker heartbeats while a book is converted.
 */
import { Worker } from 'node:worker_threads';
import { CONTEXT } from '../../../protocol/limits.ts';
import type { DocumentFormat } from '../formats.ts';

export interface Converted {
  text: string;
  /** Where pages or headings begin, in units. */
  marks: { at: number; label: string }[];
  /** What was left out, for people. */
  warning: string | null;
}

/** What a conversion thread answers. A problem is said as the end of "cannot be read as text: …". */
export type Answer = { converted: Converted } | { problem: string };

export interface Job {
  format: DocumentFormat;
  /** Of HTML the UTF-8. */
  bytes: Uint8Array;
}

/** Converts a document; its bytes are gone then. `fail` makes the error of a problem. */
export async function convertDocument(
  bytes: Uint8Array<ArrayBuffer>,
  format: DocumentFormat,
  fail: (why: string, cause?: unknown) => Error,
): Promise<Converted> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const job: Job = { format, bytes };
  const thread = new Worker(new URL(`./convert-thread.${extension}`, import.meta.url), {
    workerData: job,
    transferList: [bytes.buffer],
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: CONTEXT.convertHeapMb },
  });
  try {
    const answer = await answerOf(thread);
    if ('converted' in answer) return answer.converted;
    throw fail(answer.problem);
  } finally {
    await thread.terminate();
  }
}

function answerOf(thread: Worker): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const seconds = CONTEXT.convertMs / 1000;
  const timer = setTimeout(
    () => resolve({ problem: `converting it took longer than ${seconds} s` }),
    CONTEXT.convertMs,
  );
  thread.on('message', resolve);
  thread.on('error', (error: Error) => {
    const tooBig = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    resolve({ problem: tooBig ? 'converting it needs too much memory' : error.message });
  });
  thread.on('exit', () => resolve({ problem: 'its conversion ended early' }));
  return promise.finally(() => clearTimeout(timer));
}
