import type { RunResult } from '../../protocol/outcome.ts';
import type { RunView } from '../../protocol/view.ts';

/** The object of `-o json` (design §5.1), from a view alone: no worker is needed. */
export function resultOf(view: RunView): RunResult {
  return {
    run: view.run,
    status: view.status,
    value: view.value,
    error: view.error,
    usage: view.usage,
    outcomes: view.outcomes,
    startedAt: iso(view.startedAt),
    endedAt: iso(view.endedAt),
    ...(view.kind === 'rlm' ? rlmPart(view) : {}),
    ...(view.patch === undefined ? {} : { patch: view.patch }),
  };
}

function rlmPart({ nodes, large }: RunView): Partial<RunResult> {
  const root = nodes[0];
  return { iterations: root?.iteration ?? 0, partial: root?.partial ?? null, ...(large === null ? {} : { large }) };
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
