/**
 * Views → the lines of `-o jsonl` and of plain output.
 *
 *  E1  Each fact of history gives one event, in the story's order, however often and from wherever histories were read.
 *  E2  Facts beside history (worker, connection) give an event when they change.
 */
import { WATCH } from '../../protocol/limits.ts';
import type { Note } from '../../protocol/model-call.ts';
import type { CallView, CellView, GateView, RunEvent, RunView, StoryEntry } from '../../protocol/view.ts';

type Body = DistributiveOmit<RunEvent, 'v' | 'at' | 'run'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Turns successive views of one run into events: each call gives those that are new since the call before. */
export class EventFeed {
  #told = 0;
  #connection: RunView['connection'] = 'ok';
  #workerMissing = false;

  /** `now` dates events that history does not date, in ms since 1970. */
  next(view: RunView, now: number = Date.now()): RunEvent[] {
    const calls = new Map(view.calls.map((call) => [call.address, call]));
    const events = view.story.slice(this.#told).map((entry) => wrap(view, entry.at, bodyOf(view, calls, entry)));
    this.#told = Math.max(this.#told, view.story.length);
    return [...this.#beside(view, now), ...events];
  }

  #beside(view: RunView, now: number): RunEvent[] {
    const events: RunEvent[] = [];
    if (view.connection !== this.#connection) {
      this.#connection = view.connection;
      events.push(wrap(view, now, { type: view.connection === 'lost' ? 'connection.lost' : 'connection.back' }));
    }
    const missing = isWorkerMissing(view, now);
    if (missing !== this.#workerMissing) {
      this.#workerMissing = missing;
      events.push(wrap(view, now, { type: missing ? 'worker.missing' : 'worker.back' }));
    }
    return events;
  }
}

/** True when a run that has work to do has no worker: at once after one was lost, else after some grace for one that starts. */
export function isWorkerMissing(view: RunView, now: number): boolean {
  if (view.worker === null || view.worker.alive || view.endedAt !== null || view.connection === 'lost') return false;
  const { lastSeen, missingSince } = view.worker;
  const wasThere = lastSeen !== null && view.startedAt !== null && lastSeen > view.startedAt;
  return wasThere || now - (missingSince ?? now) >= WATCH.graceMs;
}

function bodyOf(view: RunView, calls: ReadonlyMap<string, CallView>, entry: StoryEntry): Body {
  switch (entry.type) {
    case 'run.started':
      return { type: 'run.started', name: view.name, file: view.file, model: view.model, sourceHash: view.sourceHash };
    case 'note':
      return noteEvent(entry.note);
    case 'call.started': {
      const { label, phase, model, why } = callAt(calls, entry.address);
      return { type: 'call.started', address: entry.address, label, phase, model, why };
    }
    case 'call.replayed': {
      const { label, phase, model, from } = callAt(calls, entry.address);
      return { type: 'call.replayed', address: entry.address, label, phase, model, from: from ?? '' };
    }
    case 'gate.opened': {
      const { gate, node, kind, question, details, schema, digest, expiresAt } = gateAt(view, entry.gate);
      return { type: 'gate.opened', gate, node, kind, question, details, schema, digest, expiresAt };
    }
    case 'gate.closed': {
      const { gate, node, state, value, by } = gateAt(view, entry.gate);
      return { type: 'gate.closed', gate, node, state, value, by };
    }
    case 'call.ended':
      return callEnded(callAt(calls, entry.address));
    case 'cell.started': {
      const { iteration, code } = cellAt(view, entry);
      return { type: 'cell.started', node: entry.node, cell: entry.cell, iteration, code };
    }
    case 'cell.ended':
      return cellEnded(entry.node, cellAt(view, entry));
    case 'snapshot': {
      const snapshot = view.workspace?.snapshot ?? null;
      return {
        type: 'workspace',
        files: snapshot?.files ?? 0,
        bytes: snapshot?.bytes ?? 0,
        hash: snapshot?.hash ?? '',
      };
    }
    case 'paused': {
      const { reason, limit, text } = entry.pause;
      return { type: 'run.paused', reason, limit, text };
    }
    case 'resumed':
      return { type: 'run.resumed' };
    case 'cancel.requested':
      return { type: 'run.cancelling' };
    case 'run.ended':
      return { type: 'run.ended', status: view.status, usage: view.usage, error: view.error };
  }
}

/** Calls and gates that notes tell of have entries of their own in the story. */
function noteEvent({ kind, text }: Note): Body {
  if (kind === 'phase') return { type: 'phase', title: text };
  return { type: 'log', level: kind === 'warning' || kind === 'null' ? kind : 'log', text };
}

function callEnded(call: CallView): Body {
  const { address, label, phase, model, state, turns, requests, inputTokens, outputTokens, usd, error } = call;
  const ms = call.endedAt === null ? null : call.endedAt - (call.startedAt ?? call.queuedAt);
  return {
    type: 'call.ended',
    state,
    address,
    label,
    phase,
    model,
    ms,
    turns,
    requests,
    inputTokens,
    outputTokens,
    usd,
    error,
  };
}

function cellEnded(node: string, view: CellView): Body {
  const { cell, iteration, state, outputChars, final, startedAt, endedAt, calls } = view;
  const ms = endedAt === null ? null : endedAt - startedAt;
  const error = view.error === null ? null : `${view.error.name}: ${view.error.message}`;
  return { type: 'cell.ended', node, cell, iteration, state, outputChars, final, ms, error, calls: calls.length };
}

/** The reducer names only cells that it has. */
function cellAt({ nodes }: RunView, { node, cell }: { node: string; cell: number }): CellView {
  const found = nodes.find(({ address }) => address === node)?.cells.find((one) => one.cell === cell);
  if (found === undefined) throw new RangeError(`no cell ${cell} of ${node} in the view`);
  return found;
}

/** The reducer names only gates that it has. */
function gateAt({ gates }: RunView, name: string): GateView {
  const found = gates.find(({ gate }) => gate === name);
  if (found === undefined) throw new RangeError(`no gate ${name} in the view`);
  return found;
}

/** The reducer names only calls that it has. */
function callAt(calls: ReadonlyMap<string, CallView>, address: string): CallView {
  const call = calls.get(address);
  if (call === undefined) throw new RangeError(`no call ${address} in the view`);
  return call;
}

function wrap<T extends Body>(view: RunView, at: number, body: T): { v: 1; at: string; run: string } & T {
  return { v: 1, at: new Date(at).toISOString(), run: view.run, ...body };
}
