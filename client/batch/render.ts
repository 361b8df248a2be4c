/** A batch in text: one line while it runs, a few when it is looked at. */
import { endedOf, type BatchCounts } from '../../protocol/batch.ts';
import type { RunStatus } from '../../protocol/outcome.ts';
import { duration, usageText } from '../render/format.ts';
import { safeLine } from '../render/sanitize.ts';
import { painter, paintStatus, statusText } from '../render/style.ts';
import { fit } from '../render/width.ts';
import type { Pace } from './pace.ts';
import type { BatchView } from './view.ts';

export interface ProgressFacts {
  total: number;
  counts: BatchCounts;
  /** Null: not known. */
  running: number | null;
  paused: boolean;
  pace: Pace;
}

/** `1,200 of 10,000 items (12 %) · 3 failed · 16 at work · 24.1 items/s · about 6m 05s left`. */
export function progressLine({ total, counts, running, paused, pace }: ProgressFacts): string {
  const ended = endedOf(counts);
  const parts = [`${number(ended)} of ${items(total)} (${Math.floor((ended * 100) / Math.max(1, total))} %)`];
  for (const status of ['failed', 'stopped', 'cancelled'] as const) {
    if (counts[status] > 0) parts.push(`${number(counts[status])} ${status}`);
  }
  if (running !== null) parts.push(`${running} at work`);
  if (paused) parts.push('paused');
  else if (pace.rate !== null) parts.push(rateText(pace.rate));
  if (!paused && pace.leftMs !== null && ended < total) parts.push(`about ${duration(pace.leftMs)} left`);
  return parts.join(' · ');
}

export function renderBatch(
  view: BatchView,
  { width, color, now, uiUrl }: { width: number; color: boolean; now: number; uiUrl: string | null },
): string[] {
  const paint = painter(color);
  const time = duration((view.endedAt ?? now) - view.startedAt);
  const lines = [
    `${paint('bold', fit(safeLine(view.name), Math.max(8, width - 40)))} ${paintStatus(view.status, paint)} ${view.endedAt === null ? 'for' : 'in'} ${time}`,
    `  ${censusLine(view)}`,
    `  ${usageText(view.usage)}`,
  ];
  if (view.error !== null) lines.push(paint('red', `  ${view.error.code}: ${safeLine(view.error.message)}`));
  for (const { item, code, message } of view.failures) {
    lines.push(fit(`  ${paint('red', '✗')} item ${item}: ${safeLine(`${code}: ${message}`)}`, width));
  }
  const more = view.counts.failed - view.failures.length;
  if (view.failures.length > 0 && more > 0) lines.push(paint('dim', `  … and ${number(more)} more failed`));
  // Paths and commands are there to be copied: they are never cut.
  lines.push(`results: ${view.results}`);
  if (view.endedAt !== null && view.counts.completed + view.counts.invalid < view.total) {
    lines.push(paint('dim', `next: braid batch SCRIPT --retry-failed ${view.run}`));
  }
  if (uiUrl !== null) lines.push(paint('dim', `ui:   ${uiUrl}`));
  return lines;
}

function censusLine({ total, ended, counts, running }: BatchView): string {
  const statuses: RunStatus[] = ['completed', 'completed_with_failures', 'stopped', 'failed', 'cancelled'];
  const told = statuses.flatMap((status) => {
    const count = counts[status as keyof BatchCounts];
    return count === 0 ? [] : [`${number(count)} ${statusText(status)}`];
  });
  if (counts.invalid > 0) told.push(`${number(counts.invalid)} of them never run, because their line is bad`);
  if (counts.kept > 0) told.push(`${number(counts.kept)} taken over`);
  if (running !== null && running > 0) told.push(`${running} at work`);
  const waiting = total - ended - (running ?? 0);
  if (waiting > 0) told.push(`${number(waiting)} not begun`);
  return `${items(total)}: ${told.join(', ')}`;
}

function rateText(rate: number): string {
  return rate >= 1 ? `${rate.toFixed(1)} items/s` : `${(rate * 60).toFixed(1)} items/min`;
}

function items(n: number): string {
  return `${number(n)} item${n === 1 ? '' : 's'}`;
}

function number(n: number): string {
  return n.toLocaleString('en');
}
