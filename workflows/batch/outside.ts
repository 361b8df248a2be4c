/** What a batch hears from outside, and what it shows. */
import { defineQuery, defineSignal, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { BATCH_PROGRESS, endedOf, type BatchProgress } from '../../protocol/batch.ts';
import { SEARCH_ATTRIBUTES, SIGNALS } from '../../protocol/names.ts';
import type { RunStatus } from '../../protocol/outcome.ts';

export function listen(batch: { pause(): void; resume(): void; progress(): BatchProgress }): void {
  setHandler(defineSignal(SIGNALS.pause), () => batch.pause());
  setHandler(defineSignal(SIGNALS.resume), () => batch.resume());
  setHandler(defineQuery<BatchProgress>(BATCH_PROGRESS), () => batch.progress());
}

export function showState(status: RunStatus): void {
  upsertSearchAttributes({ [SEARCH_ATTRIBUTES.state]: [status] });
}

/** For Temporal's UI; costs no event. */
export function showProgress({ total, counts, running, paused, usage }: BatchProgress): void {
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  setCurrentDetails(
    [
      `**${endedOf(counts)} of ${total} items have ended**, ${running} at work${paused ? '; paused' : ''}`,
      ...told.map(([name, count]) => `- ${name.replaceAll('_', ' ')}: ${count}`),
      `${usage.requests} requests · ${usage.inputTokens} tokens in · ${usage.outputTokens} out`,
    ].join('\n'),
  );
}
