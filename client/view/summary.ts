import type { RunSummary, RunView } from '../../protocol/view.ts';

/** A run in one line, for `braid list`. */
export function summarize(view: RunView): RunSummary {
  const { total, done, replayed, failed, refused, cancelled } = view.counts;
  return {
    run: view.run,
    name: view.name,
    status: view.status,
    startedAt: view.startedAt,
    endedAt: view.endedAt,
    calls: { total, done: done + replayed, failed: failed + refused + cancelled },
  };
}
