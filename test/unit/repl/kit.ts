/** Drives `replStep` as the workflow does: keeps the journal, knows when to send it. */
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sessions, type SessionsOptions } from '../../../activities/repl/sessions.ts';
import { takeStep } from '../../../activities/repl/step.ts';
import type { Json } from '../../../protocol/json.ts';
import type {
  ReplJournalEntry,
  ReplOpen,
  ReplState,
  ReplStepRequest,
  ReplStepResult,
  ReplTurn,
} from '../../../protocol/repl.ts';
import { REPL_ENGINE_HASH } from '../../../sandbox/engine/repl-engine-hash.ts';
import { openStore, type Store } from '../../../store/blobs.ts';

export type Ran = Extract<ReplStepResult, { kind: 'ran' }>;

export const STATE: ReplState = { now: 1_000, spent: 0, total: null, iterationsLeft: 10, callsLeft: null };

export function newStore(): Store {
  return openStore(mkdtempSync(join(tmpdir(), 'braid-repl-')));
}

/** A worker process, as far as sessions know: its own threads, a store that others share. Light turns get snapshots too. */
export function newWorker(store: Store, { limits, ...others }: Omit<SessionsOptions, 'store'> = {}): Sessions {
  return new Sessions({ store, ...others, limits: { replayMs: 0, ...limits } });
}

export function fakeWorker(store: Store, limits: SessionsOptions['limits'] = {}): Sessions {
  return newWorker(store, { limits, threadEntry: new URL('./fake-thread.ts', import.meta.url) });
}

export function openOf(over: Partial<ReplOpen> = {}): ReplOpen {
  return { context: null, question: 'q', seed: 's', engine: REPL_ENGINE_HASH, tools: [], schema: null, ...over };
}

export const cell = (code: string, number = 1): ReplTurn => ({ kind: 'cell', cell: number, code, state: STATE });
export const settle = (values: { [id: number]: Json }): ReplTurn => ({
  kind: 'settle',
  settlements: Object.entries(values).map(([id, value]) => ({ id: Number(id), ok: true, value })),
  state: STATE,
});
export const abandon: ReplTurn = { kind: 'abandon', state: STATE };

/** One session as its workflow sees it. */
export class Node {
  readonly journal: ReplJournalEntry[] = [];
  token = 't0';
  #live = false;
  readonly open: ReplOpen;
  readonly session: string;

  constructor(open: ReplOpen = openOf(), session = 'node/1') {
    this.open = open;
    this.session = session;
  }

  /** The request for a turn; `fresh` as after a loss. */
  request(turn: ReplTurn, options: { fresh?: boolean; faults?: number[] } = {}): ReplStepRequest {
    const fresh = options.fresh ?? !this.#live;
    return {
      session: this.session,
      token: this.token,
      version: this.journal.length,
      turn,
      faults: options.faults ?? [],
      rebuild: fresh ? { open: this.open, journal: [...this.journal] } : null,
    };
  }

  async step(
    worker: Sessions,
    turn: ReplTurn,
    options: { fresh?: boolean; faults?: number[] } = {},
  ): Promise<ReplStepResult> {
    const request = this.request(turn, options);
    // As it comes from the wire.
    const wired = JSON.parse(JSON.stringify(request)) as ReplStepRequest;
    const result = await takeStep({ sessions: worker, queue: 'own', near: false }, wired, new AbortController().signal);
    if (result.kind === 'ran') {
      const { undone, calls, faults } = result;
      this.journal.push({ turn, undone, calls: calls.length, faults });
    }
    this.#live = result.kind === 'ran';
    return result;
  }

  /** A turn that must run. */
  async run(worker: Sessions, turn: ReplTurn, options: { fresh?: boolean; faults?: number[] } = {}): Promise<Ran> {
    const result = await this.step(worker, turn, options);
    if (result.kind !== 'ran') throw new Error(`lost: ${JSON.stringify(result)}`);
    return result;
  }
}

/** Whether a session has left a snapshot: that comes a moment after a turn's answer. */
export function hasHeap({ home }: Store): boolean {
  const folder = join(home, 'heaps');
  return (
    existsSync(folder) && readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile())
  );
}
