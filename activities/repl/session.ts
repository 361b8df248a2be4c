/** One live session: its thread, the version it is at, and what its snapshots are named by. */
import { BraidError } from '../../protocol/errors.ts';
import { ERRORS, type ErrorCode } from '../../protocol/error-table.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { ErrorInfo } from '../../protocol/outcome.ts';
import type { ReplStepRequest, ReplTurn } from '../../protocol/repl.ts';
import { REPL_ENGINE_HASH } from '../../sandbox/engine/repl-engine-hash.ts';
import { hasReplEngine } from '../../sandbox/engine/repl-image.ts';
import { findHeap, removeHeaps, saveHeap } from '../../store/repl-snapshots.ts';
import { lineagesOf, nextLineage, type Lineage } from './lineage.ts';
import { openSessionTexts, type SessionTexts } from './session-texts.ts';
import type { Sessions } from './sessions.ts';
import type { ThreadPool } from './thread-pool.ts';
import type { ThreadOpen, ThreadSnapshot, ThreadTurnEnd } from './thread-messages.ts';
import type { SessionThread } from './thread.ts';

type Rebuild = NonNullable<ReplStepRequest['rebuild']>;

export class Session {
  readonly name: string;
  readonly token: string;
  readonly texts: SessionTexts;
  /** JSON Schema of the final, or null. */
  readonly schema: JsonObject | null;
  /** Turns taken. */
  version: number;
  busy = true;
  usedAt = performance.now();
  /** Bytes that it holds, as its thread told last. */
  memory = 0;
  readonly #sessions: Sessions;
  readonly #pool: ThreadPool;
  readonly #thread: SessionThread;
  /** Time of one operation: what a pattern may take, and what reading all of the session's texts does. */
  readonly #operationMs: number;
  #lineage: Lineage;
  /** Settles when no snapshot is being written. */
  #written: Promise<void> = Promise.resolve();
  /** What the thread builds the session from, with the first turn. */
  readonly #engine: string;
  #opening: ThreadOpen | null;
  #closed = false;

  private constructor(
    { sessions, pool }: { sessions: Sessions; pool: ThreadPool },
    { session, token, version }: ReplStepRequest,
    made: { texts: SessionTexts; schema: JsonObject | null; lineage: Lineage; opening: ThreadOpen },
  ) {
    this.#sessions = sessions;
    this.#pool = pool;
    this.name = session;
    this.token = token;
    this.version = version;
    this.texts = made.texts;
    this.schema = made.schema;
    const chars = made.texts.ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    this.#operationMs = sessions.limits.operationMs + Math.floor(chars / sessions.limits.scanCharsPerMs);
    this.#lineage = made.lineage;
    this.#opening = made.opening;
    this.#engine = made.opening.guest.engine;
    this.#thread = pool.take();
    this.#thread.onSnapshot = (snapshot) => this.#keep(snapshot);
  }

  /** Errors: BRAID_REPL_ENGINE, those of the store and of contexts. */
  static async open(
    sessions: Sessions,
    pool: ThreadPool,
    request: ReplStepRequest,
    { open, journal }: Rebuild,
  ): Promise<Session> {
    if (!hasReplEngine(open.engine)) throw otherEngine(open.engine);
    if (journal.length !== request.version) {
      const message = `A REPL session at version ${request.version} came with a journal of ${journal.length} turns.`;
      throw new BraidError('BRAID_INTERNAL', message);
    }
    const { store } = sessions;
    const lineages = lineagesOf(open, journal);
    const [texts, restore] = await Promise.all([
      openSessionTexts(sessions, open),
      // No snapshot is found where the store fails: it costs a replay.
      journal.length === 0
        ? null
        : findHeap(store, { session: request.session, engine: open.engine, lineages }).catch(() => null),
    ]);
    const { seed, tools, schema, engine } = open;
    const { context, question, shared, ranges } = texts;
    const guest = { seed, tools, context, question, engine };
    const { replayMs } = sessions.limits;
    const opening = { home: store.home, guest, shared, texts: ranges, restore, journal, replayMs };
    const lineage = lineages[journal.length] ?? '';
    return new Session({ sessions, pool }, request, { texts, schema, lineage, opening });
  }

  /** V2. */
  answers({ token, version }: ReplStepRequest): boolean {
    return !this.busy && this.token === token && this.version === version;
  }

  /** @throws SessionLost, the signal's reason, or a BraidError of the guest; close the session then. */
  async take(turn: ReplTurn, faults: number[], signal: AbortSignal): Promise<ThreadTurnEnd> {
    const { turnMs } = this.#sessions.limits;
    const request = { kind: 'turn', open: this.#opening, turn, faults } as const;
    const reply = await this.#thread.ask(request, { signal, operationMs: this.#operationMs, turnMs });
    if (this.#opening !== null) this.#sessions.counts.built += 1;
    this.#opening = null;
    if (reply.kind === 'failed') throw errorOf(reply.error);
    const { end } = reply;
    const { undone } = end;
    this.#sessions.counts.replayed += end.replayed;
    this.#lineage = nextLineage(this.#lineage, { turn, undone, calls: end.calls.length, faults: end.faults });
    this.version += 1;
    this.memory = end.memory + end.kept;
    return end;
  }

  close(ended: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    // A thread in the middle of a turn cannot be told to forget it.
    if (this.busy && !ended) void this.#pool.drop(this.#thread);
    else this.#pool.give(this.#thread);
    this.texts.release();
    if (ended) this.#afterWrites(() => removeHeaps(this.#sessions.store, this.name));
  }

  #keep({ version, packed }: ThreadSnapshot): void {
    // The reply to a turn comes before its snapshot; were it not so, the lineage would be another turn's.
    if (version !== this.version) return;
    const snapshot = {
      session: this.name,
      version,
      lineage: this.#lineage,
      engine: this.#engine,
      packed,
    };
    this.#afterWrites(() => saveHeap(this.#sessions.store, snapshot));
  }

  #afterWrites(work: () => Promise<void>): void {
    this.#written = this.#sessions.inBackground(this.#written.then(work));
  }
}

function otherEngine(engine: string): BraidError {
  const [theirs, ours] = [engine.slice(0, 12), REPL_ENGINE_HASH.slice(0, 12)];
  return new BraidError('BRAID_REPL_ENGINE', `The session needs the REPL engine ${theirs}, this worker has ${ours}.`);
}

/** An error of the thread: only its data crosses. */
function errorOf({ code, message, fix }: ErrorInfo): BraidError {
  const known: ErrorCode = code in ERRORS ? (code as ErrorCode) : 'BRAID_INTERNAL';
  return new BraidError(known, message, fix === undefined ? {} : { fix });
}
