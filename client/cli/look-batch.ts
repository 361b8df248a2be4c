/**
 * `braid show | watch | result` of a batch. A history of 100,000 items is not read for it: its results file tells, and the batch
 * itself what is at work. Each is false or null for a run that is no batch.
 */
import { renderBatch } from '../batch/render.ts';
import { isBatch, readBatch } from '../batch/view.ts';
import { wantsColor } from '../render/style.ts';
import type { Session } from '../session.ts';
import { printJson } from './common.ts';
import { followBatch, objectOf, type FollowBatchOptions } from './follow-batch.ts';
import { pageOf } from './follow.ts';
import type { Output } from './options.ts';

export async function showBatch(session: Session, run: string, output: Output): Promise<boolean> {
  if (!(await isBatch(session.client, run))) return false;
  const view = await readBatch(session, run);
  if (output !== 'text') {
    printJson({ ...objectOf(view), kind: view.kind, name: view.name, running: view.running, failures: view.failures });
    return true;
  }
  const width = process.stdout.columns ?? 120;
  const options = { width, color: wantsColor(process.stdout), now: Date.now(), uiUrl: pageOf(run, session.server) };
  process.stdout.write(`${renderBatch(view, options).join('\n')}\n`);
  return true;
}

/** Gives the exit code. */
export async function watchBatch(session: Session, run: string, options: FollowBatchOptions): Promise<number | null> {
  return (await isBatch(session.client, run)) ? followBatch(session, run, options) : null;
}

/** The answer of a batch is its results: one JSON object a line on standard output. */
export function resultBatch(
  session: Session,
  run: string,
  { output, strict }: Pick<FollowBatchOptions, 'output' | 'strict'>,
): Promise<number | null> {
  return watchBatch(session, run, { output, strict, ...(output === 'text' ? { out: '-' } : {}) });
}
