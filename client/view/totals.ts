/** Sums over calls: what a view says about the whole run. */
import { isJsonObject, type JsonObject } from '../../protocol/json.ts';
import { addSpend, NO_USAGE, type Outcome, type Usage } from '../../protocol/outcome.ts';
import type { CallCounts, CallView, PhaseView } from '../../protocol/view.ts';

function noCounts(): CallCounts {
  return { queued: 0, running: 0, waiting: 0, done: 0, failed: 0, replayed: 0, refused: 0, cancelled: 0, total: 0 };
}

export function countCalls(calls: readonly CallView[]): CallCounts {
  const counts = noCounts();
  for (const { state } of calls) {
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

/** Usage as far as the calls tell it: for runs that have not ended, or that ended without a result of their own. */
export function usageOf(calls: readonly CallView[]): Usage {
  return calls.reduce<Usage>(
    (sum, call) => ({
      calls: sum.calls + 1,
      requests: sum.requests + call.requests,
      replayed: sum.replayed + Number(call.state === 'replayed'),
      failed: sum.failed + Number(call.state === 'failed' || call.state === 'cancelled'),
      refused: sum.refused + Number(call.state === 'refused'),
      ...addSpend(sum, call),
    }),
    NO_USAGE,
  );
}

export function outcomesOf(calls: readonly CallView[]): Outcome[] {
  return calls.flatMap(({ address, label, phase, error, model, requests }) =>
    error === null ? [] : [{ address, label, phase, ...error, model, attempts: requests }],
  );
}
