/** Sums over calls: what a view says about the whole run. */
import { isJsonObject, type JsonObject } from '../../protocol/json.ts';
import { NO_USAGE, type Outcome, type Usage } from '../../protocol/outcome.ts';
import type { CallCounts, CallView, PhaseView } from '../../protocol/view.ts';
import { isItem } from './addresses.ts';

function noCounts(): CallCounts {
  return { queued: 0, running: 0, waiting: 0, done: 0, failed: 0, replayed: 0, refused: 0, cancelled: 0, total: 0 };
}

export function countCalls(calls: readonly CallView[]): CallCounts {
  const counts = noCounts();
  for (const { state, kind } of calls) {
    if (kind === 'tool') continue;
    counts[state] += 1;
    counts.total += 1;
  }
  return counts;
}

/** Declared phases first, then others as they were met; calls outside any phase make the group `null`, shown first. */
export function phasesOf(meta: JsonObject | null, met: Iterable<string>, calls: readonly CallView[]): PhaseView[] {
  const groups = new Map<string | null, PhaseView>();
  const group = (title: string | null, detail: string | null = null): PhaseView => {
    const found = groups.get(title) ?? { title, detail, counts: noCounts() };
    groups.set(title, found);
    return found;
  };
  if (calls.some((call) => call.phase === null)) group(null);
  for (const { title, detail } of declaredPhases(meta)) group(title, detail);
  for (const title of met) group(title);
  for (const call of calls) {
    const { counts } = group(call.phase);
    if (call.kind === 'tool') continue;
    counts[call.state] += 1;
    counts.total += 1;
  }
  return [...groups.values()];
}

function declaredPhases(meta: JsonObject | null): { title: string; detail: string | null }[] {
  if (meta === null || !Array.isArray(meta.phases)) return [];
  return meta.phases.flatMap((phase) => {
    if (!isJsonObject(phase) || typeof phase.title !== 'string') return [];
    return [{ title: phase.title, detail: typeof phase.detail === 'string' ? phase.detail : null }];
  });
}

/** What one call adds to the totals (design §5.1). A tool of the user's costs nothing; neither it nor an item of a batch is a call. */
export function callUsage(call: CallView): Usage {
  const { state, requests, inputTokens, outputTokens, usd } = call;
  if (call.kind === 'tool') return NO_USAGE;
  if (isItem(call.address)) return { ...NO_USAGE, requests, inputTokens, outputTokens, usd };
  return {
    calls: 1,
    requests,
    replayed: Number(state === 'replayed'),
    failed: Number(state === 'failed' || state === 'cancelled'),
    refused: Number(state === 'refused'),
    ...{ inputTokens, outputTokens, usd },
  };
}

export function outcomesOf(calls: readonly CallView[]): Outcome[] {
  return calls.flatMap(({ address, kind, label, phase, error, model, requests }) =>
    error === null || kind === 'tool' ? [] : [{ address, label, phase, ...error, model, attempts: requests }],
  );
}
