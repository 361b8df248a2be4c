/** Views for tests of renderers, made by hand so that every state is there. */
import { Program } from '../../../client/view/program.ts';
import { countCalls, phasesOf } from '../../../client/view/totals.ts';
import { usageTree } from '../../../client/view/usage-tree.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { CallState, CallView, RunView } from '../../../protocol/view.ts';
import { apply, History, T0 } from '../view/histories.ts';

export { T0 };

export function callView(n: number, state: CallState, extra: Partial<CallView> = {}): CallView {
  const over = !['queued', 'running', 'waiting'].includes(state);
  return {
    address: `agent:${n}`,
    kind: 'agent',
    label: `call ${n}`,
    phase: 'Review',
    model: 'offline/reviewer',
    state,
    settled: over,
    attempts: state === 'queued' ? 0 : 1,
    turns: 1,
    toolCalls: 0,
    requests: over ? 1 : 0,
    inputTokens: over ? 1_200 : 0,
    outputTokens: state === 'queued' ? 0 : 340,
    usd: 0.0012,
    queuedAt: T0,
    startedAt: state === 'queued' ? null : T0 + 1_000,
    endedAt: over ? T0 + 15_000 : null,
    lastSign: T0 + 20_000,
    error: null,
    hint: null,
    child: null,
    from: null,
    saved: null,
    why: null,
    ...extra,
  };
}

export function viewOf(calls: CallView[], extra: Partial<RunView> = {}): RunView {
  const base = apply(new ViewBuilder('review-3f2a'), 'review-3f2a', new History().start());
  const phases = phasesOf(base.meta, [], calls);
  const usage = usageTree(calls, [new Program('root', 'script')], () => true).total;
  return { ...base, calls, phases, counts: countCalls(calls), usage, ...extra };
}

export const FAILED = {
  reason: 'error',
  code: 'BRAID_PROVIDER_FAILED',
  message: 'the provider answered 500 three times',
} as const;

/** One call in every state. */
export function mixed(extra: Partial<RunView> = {}): RunView {
  return viewOf(
    [
      callView(1, 'done', { label: 'bugs: src/index.ts' }),
      callView(2, 'running', { label: 'security: src/server/session/handler.ts', lastSign: T0 + 60_000 }),
      callView(3, 'running', { label: 'docs: 説明書.md 📚', lastSign: T0 + 22_000 }),
      callView(4, 'waiting', { label: 'perf: src/loop.ts', hint: 'the provider asked to slow down' }),
      callView(5, 'failed', { label: 'tests: test/all.ts', error: FAILED }),
      callView(6, 'queued', { label: 'bugs: src/late.ts' }),
    ],
    {
      phase: 'Review',
      notes: [
        { kind: 'phase', text: 'Review', at: T0 },
        { kind: 'log', text: '12 files to review', at: T0 },
        { kind: 'warning', text: 'agent(): unknown option temprature; did you mean temperature?', at: T0 },
      ],
      ...extra,
    },
  );
}
