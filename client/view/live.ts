import type { CallView, RunView, WorkerView } from '../../protocol/view.ts';
import type { PendingActivity } from './pending.ts';
import { countCalls, phasesOf, usageOf } from './totals.ts';

/** What a view shows beside history, while a run is watched. */
export interface LiveFacts {
  /** By call address. */
  pending: ReadonlyMap<string, PendingActivity>;
  connection: 'ok' | 'lost';
  worker: WorkerView | null;
  /** Notices about what could not be read. */
  notices: readonly string[];
}

/** A view with what is known beside history laid over it. Calls that have ended stay as history tells them. */
export function withLive(view: RunView, live: LiveFacts): RunView {
  const notices = [...view.notices, ...live.notices];
  const base: RunView = { ...view, notices, connection: live.connection, worker: live.worker };
  if (live.pending.size === 0 || view.endedAt !== null) return base;
  const calls = view.calls.map((call) => {
    const pending = live.pending.get(call.address);
    return pending === undefined || call.endedAt !== null ? call : overlay(call, pending);
  });
  const met = view.phases.flatMap((phase) => (phase.title === null ? [] : [phase.title]));
  return { ...base, calls, counts: countCalls(calls), phases: phasesOf(view.meta, met, calls), usage: usageOf(calls) };
}

function overlay(call: CallView, pending: PendingActivity): CallView {
  const own = call.child === null;
  return {
    ...call,
    // An agent that waits for the server to hand out its next turn is at work all the same.
    state: own || pending.state === 'waiting' ? pending.state : 'running',
    attempts: pending.attempt,
    outputTokens: call.outputTokens + pending.outputTokens,
    requests: call.requests + pending.requests,
    startedAt: call.startedAt ?? pending.startedAt,
    lastSign: Math.max(call.lastSign, pending.lastSign),
    hint: pending.hint ?? call.hint,
  };
}
