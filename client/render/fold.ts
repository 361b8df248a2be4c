/** Which calls of a run a small screen shows one by one, and which it only counts. */
import type { CallCounts, CallState, CallView } from '../../protocol/view.ts';
import { countCalls } from '../view/totals.ts';

export interface PhaseRows {
  title: string | null;
  counts: CallCounts;
  /** In the order in which they were asked for. */
  shown: CallView[];
  hidden: CallCounts;
}

export interface Folded {
  phases: PhaseRows[];
  /** Phases for which there was not even a line. */
  hiddenPhases: number;
}

/** What is at work or went wrong is worth a line before what waits, and that before what is done. */
const RANK: Record<CallState, number> = {
  running: 0,
  waiting: 1,
  failed: 2,
  refused: 3,
  cancelled: 4,
  queued: 5,
  done: 6,
  replayed: 6,
};

/** Chooses at most `lines` lines: a header for each phase, its rows, and one line for what a phase hides. */
export function fold(
  phases: readonly { title: string | null; counts: CallCounts }[],
  calls: readonly CallView[],
  lines: number,
): Folded {
  const byPhase = Map.groupBy(calls, (call) => call.phase);
  const kept = phases.length <= lines ? [...phases] : mostAlive(phases, Math.max(0, lines - 1));
  const withCalls = kept.filter((phase) => phase.counts.total > 0).length;
  let left = Math.max(0, lines - kept.length - Number(kept.length < phases.length));
  // A fold line for every phase may be needed; where it is not, its place stays empty.
  const foldLines = Math.min(withCalls, left);
  left -= foldLines;
  const chosen = new Set<CallView>();
  const candidates = kept
    .flatMap((phase) => byPhase.get(phase.title) ?? [])
    .sort((a, b) => RANK[a.state] - RANK[b.state]);
  for (const call of candidates.slice(0, left)) chosen.add(call);
  let folds = foldLines;
  const rows = kept.map(({ title, counts }) => {
    const all = byPhase.get(title) ?? [];
    const hiddenCalls = all.filter((call) => !chosen.has(call));
    const tell = hiddenCalls.length > 0 && folds > 0;
    if (tell) folds -= 1;
    // One hidden call takes the line that would only count it.
    if (tell && hiddenCalls.length === 1) return { title, counts, shown: all, hidden: countCalls([]) };
    const shown = all.filter((call) => chosen.has(call));
    return { title, counts, shown, hidden: countCalls(tell ? hiddenCalls : []) };
  });
  return { phases: rows, hiddenPhases: phases.length - kept.length };
}

function mostAlive<T extends { counts: CallCounts }>(phases: readonly T[], n: number): T[] {
  const alive = ({ counts }: T) =>
    counts.running * 1_000 + counts.waiting * 100 + counts.queued * 10 + Number(counts.total > 0);
  const best = new Set(phases.toSorted((a, b) => alive(b) - alive(a)).slice(0, n));
  return phases.filter((phase) => best.has(phase));
}
