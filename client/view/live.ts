import type { CallView, NodeView, RunView, WorkerView } from '../../protocol/view.ts';
import { above, ROOT } from './addresses.ts';
import type { PendingActivity } from './pending.ts';
import { countCalls, phasesOf } from './totals.ts';

/** What a view shows beside history, while a run is watched. */
export interface LiveFacts {
  /** By address of a call or of a node. */
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
  const inFlight = new InFlight();
  const root = live.pending.get(ROOT);
  if (root !== undefined) inFlight.add(ROOT, root);
  const calls = view.calls.map((call) => {
    const pending = live.pending.get(call.address);
    if (pending === undefined || call.endedAt !== null) return call;
    inFlight.add(call.address, pending);
    return overlay(call, pending);
  });
  const met = view.phases.flatMap((phase) => (phase.title === null ? [] : [phase.title]));
  return {
    ...base,
    calls,
    nodes: view.nodes.map((node) => inFlight.of(node)),
    counts: countCalls(calls),
    phases: phasesOf(view.meta, met, calls),
    usage: inFlight.onTop(view.usage, ROOT),
  };
}

/** Tokens and requests that history does not hold yet, summed up the tree. */
class InFlight {
  readonly #sums = new Map<string, { outputTokens: number; requests: number }>();

  add(address: string, { outputTokens, requests }: PendingActivity): void {
    for (const name of new Set([address, ...above(address), ROOT])) {
      const sum = this.#sums.get(name) ?? { outputTokens: 0, requests: 0 };
      this.#sums.set(name, { outputTokens: sum.outputTokens + outputTokens, requests: sum.requests + requests });
    }
  }

  of(node: NodeView): NodeView {
    return this.#sums.has(node.address) ? { ...node, usage: this.onTop(node.usage, node.address) } : node;
  }

  onTop<T extends { outputTokens: number; requests: number }>(usage: T, address: string): T {
    const { outputTokens, requests } = this.#sums.get(address) ?? { outputTokens: 0, requests: 0 };
    return { ...usage, outputTokens: usage.outputTokens + outputTokens, requests: usage.requests + requests };
  }
}

function overlay(call: CallView, pending: PendingActivity): CallView {
  const own = call.child === null;
  return {
    ...call,
    // A child that waits for the server to hand out its next turn is at work all the same.
    state: own || pending.state === 'waiting' ? pending.state : 'running',
    attempts: pending.attempt,
    outputTokens: call.outputTokens + pending.outputTokens,
    requests: call.requests + pending.requests,
    startedAt: call.startedAt ?? pending.startedAt,
    lastSign: Math.max(call.lastSign, pending.lastSign),
    hint: pending.hint ?? call.hint,
  };
}
