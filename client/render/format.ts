/** Numbers as people read them. */
import type { CallCounts, CallState, CallView } from '../../protocol/view.ts';
import type { Usage } from '../../protocol/outcome.ts';
import { CALL_STATES } from '../../protocol/view.ts';

/** `4s`, `3m 05s`, `2h 04m`; nothing below zero, as clocks of two machines differ. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${two(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}

/** `950`, `1.2k`, `34k`, `1.2M`. */
export function compact(n: number): string {
  if (n < 1_000) return String(Math.round(n));
  if (n < 999_500) return n < 9_950 ? `${(n / 1_000).toFixed(1)}k` : `${Math.round(n / 1_000)}k`;
  return n < 9_950_000 ? `${(n / 1e6).toFixed(1)}M` : `${Math.round(n / 1e6)}M`;
}

export function bytes(n: number): string {
  if (n < 1_024) return `${n} B`;
  return n < 1_048_576 ? `${(n / 1_024).toFixed(1)} KiB` : `${(n / 1_048_576).toFixed(1)} MiB`;
}

/** An unknown price is said to be unknown. */
export function money(usd: number | null): string {
  if (usd === null) return 'cost unknown';
  return usd > 0 && usd < 0.01 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`;
}

export function plural(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/** `2 running, 1 waiting, 9 done`: what there is, what is at work first. */
export function countsText(counts: CallCounts): string {
  return ORDER.flatMap((state) => (counts[state] === 0 ? [] : [`${counts[state]} ${state}`])).join(', ');
}

const ORDER: readonly CallState[] = [
  'running',
  'waiting',
  ...CALL_STATES.filter((s) => s !== 'running' && s !== 'waiting'),
];

export function usageText(usage: Usage): string {
  const { requests, inputTokens, outputTokens, usd } = usage;
  return `${plural(requests, 'request')} · ${compact(inputTokens)} tokens in, ${compact(outputTokens)} out · ${money(usd)}`;
}

/** Time a call took, or takes. */
export function callMs(call: CallView, now: number): number {
  return (call.endedAt ?? now) - (call.startedAt ?? call.queuedAt);
}

/** Time of day in UTC, for logs. */
export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
