/** What a run that resumes another took from it, and why the rest ran (DW-44). */
import type { CallView, RunView } from '../../protocol/view.ts';
import { compact, money } from './format.ts';
import { safeLine } from './sanitize.ts';

/** `reused 92 of 100 calls of review-1a2b; 8 ran: 5 changed: prompt, 3 failed before`. Null for a run that resumes none. */
export function reuseText({ resumedFrom, calls, counts, usage, endedAt }: RunView): string | null {
  if (resumedFrom === null) return null;
  // Calls that no history lists any more are in the usage of results.
  const all = Math.max(counts.total, usage.calls);
  const reused = Math.max(counts.replayed, usage.replayed);
  const refused = Math.max(counts.refused, usage.refused);
  const ran = Math.max(0, all - reused - refused);
  const words = [`reused ${reused} of ${all} calls of ${safeLine(resumedFrom)}`];
  const why = whyText(calls);
  if (ran > 0) words.push(`${ran} ${endedAt === null ? 'run' : 'ran'}${why === '' ? '' : `: ${why}`}`);
  if (refused > 0) words.push(`${refused} refused`);
  return words.join('; ');
}

/** `5 changed: prompt, 3 failed before`: why calls were not served, the most frequent reason first. */
export function whyText(calls: readonly CallView[]): string {
  const reasons = Map.groupBy(
    calls.flatMap(({ kind, why, state }) => (kind === 'tool' || why === null || state === 'refused' ? [] : [why])),
    (why) => why,
  );
  return [...reasons]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([why, some]) => `${some.length} ${safeLine(why)}`)
    .join(', ');
}

/** What was served cost then: `1.5k tok, $0.0012 then`. Empty when it was nothing. */
export function savedText(saved: CallView['saved']): string {
  const tokens = saved === null ? 0 : saved.inputTokens + saved.outputTokens;
  return saved === null || tokens === 0 ? '' : `${compact(tokens)} tok, ${money(saved.usd)} then`;
}

/** Where a call comes from, for one line: `from review-1a2b (1.5k tok, $0.0012 then)`, `live: changed: prompt`; null: nothing to tell. */
export function originText({ state, from, saved, why }: CallView): string | null {
  const cost = savedText(saved);
  if (state === 'replayed') return `from ${safeLine(from ?? '')}${cost === '' ? '' : ` (${cost})`}`;
  const part = cost === '' ? [] : [`some of it reused (${cost})`];
  const words = [...(why === null ? [] : [`live: ${safeLine(why)}`]), ...part];
  return words.length === 0 ? null : words.join(' · ');
}
