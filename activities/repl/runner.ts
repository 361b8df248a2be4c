/**
 * A session inside its thread: one guest, and what it takes to go back to the turn before.
 *
 *  R1  The guest is a function of what the session was opened with and of the turns in the journal (V1), whether it was
 *      replayed, restored from a heap snapshot and replayed from there, or is simply still alive.
 *  R2  A replay that makes another number of calls than the journal says has diverged: an error, never a wrong answer.
 *  R3  A turn that meets a limit leaves no trace but a given-up cell: the guest is built again as it was before the turn
 *      and then told to `abandon`; every replay does the same.
 *  R4  A snapshot that cannot be used costs time only: the whole journal is replayed instead.
 */
import { BraidError } from '../../protocol/errors.ts';
import { REPL, REPL_SANDBOX } from '../../protocol/limits.ts';
import type { ReplJournalEntry, ReplTurn } from '../../protocol/repl.ts';
import type { TextSource } from '../../protocol/text-source.ts';
import type { GuestTurnEnd, ReplGuest, ReplGuestOptions } from '../../sandbox/repl/types.ts';
import { packing, type EndingCell } from './ending.ts';
import { isSandboxLimit, limitError } from './limit-error.ts';
import { Operations, type OperationCell } from './operations.ts';
import { pack, unpack } from './pack.ts';
import type { ThreadOpen, ThreadSnapshot, ThreadTurnEnd } from './thread-messages.ts';

/** What a session is made with, apart from its data. */
export interface RunnerParts {
  openGuest(options: ReplGuestOptions): ReplGuest;
  /** The session's texts, in its order. */
  openTexts(open: ThreadOpen): TextSource[];
  /** Where the running operation is told. */
  cell: OperationCell;
  /** Where it is told that the thread packs. */
  ending: EndingCell;
}

export class Runner {
  readonly #openGuest: RunnerParts['openGuest'];
  readonly #options: ThreadOpen['guest'];
  readonly #texts: TextSource[];
  readonly #operations: Operations;
  readonly #ending: EndingCell;
  #guest: ReplGuest;
  /** The newest heap that was packed; null for a fresh one. */
  #base: Uint8Array | null = null;
  /** The turns after it, and how long they took. */
  #since: ReplJournalEntry[] = [];
  /** All turns taken. */
  #version: number;
  #sinceMs = 0;
  readonly #replayMs: number;
  /** What the last snapshot took. */
  #snapshotMs = 0;
  #replayed = 0;

  /** Builds the session as it was after the last turn of the journal. */
  constructor(open: ThreadOpen, { openGuest, openTexts, cell, ending }: RunnerParts) {
    this.#ending = ending;
    this.#replayMs = open.replayMs;
    this.#openGuest = openGuest;
    this.#options = open.guest;
    this.#texts = openTexts(open);
    this.#operations = new Operations(cell);
    this.#version = open.journal.length;
    this.#guest = this.#begin(open);
  }

  /** @throws BraidError of anything but a limit of the sandbox; the session is spent then. */
  take(turn: ReplTurn, faults: readonly number[]): ThreadTurnEnd {
    const startedAt = performance.now();
    const before = this.#guest.gasUsed;
    this.#operations.startTurn(faults, true);
    let limit: BraidError | null = null;
    let end: GuestTurnEnd | null = null;
    try {
      end = this.#guest.turn(turn);
    } catch (error) {
      if (!isSandboxLimit(error)) throw error;
      limit = error;
    }
    const gas = this.#guest.gasUsed - before;
    const applied = this.#operations.applied;
    this.#operations.startTurn([], false);
    if (limit !== null) end = this.#undo(turn, limit);
    if (end === null) throw new BraidError('BRAID_INTERNAL', 'A turn of a REPL ended without a word.');
    const undone = limit !== null;
    this.#since.push({ turn, undone, calls: end.calls.length, faults: applied });
    this.#sinceMs += performance.now() - startedAt;
    this.#version += 1;
    const [memory, kept] = [this.#guest.memoryBytes, this.#base?.byteLength ?? 0];
    const replayed = this.#replayed;
    this.#replayed = 0;
    return { ...end, undone, faults: applied, gas, memory, kept, replayed };
  }

  /**
   * The heap after the last turn, or null where the turns since the last snapshot are soon replayed, or in less time than
   * taking one took: light turns share a snapshot.
   */
  snapshot(): ThreadSnapshot | null {
    const worthIt = this.#sinceMs >= Math.max(this.#replayMs, this.#snapshotMs);
    if (!worthIt && this.#since.length < REPL.snapshotTurns) return null;
    const startedAt = performance.now();
    const raw = this.#guest.snapshot();
    const packed = raw.byteLength > REPL.snapshotBytes ? null : packing(this.#ending, () => pack(raw));
    const ms = performance.now() - startedAt;
    this.#snapshotMs = ms;
    if (packed === null) return null;
    this.#setBase(packed, []);
    return { kind: 'snapshot', version: this.#version, packed, rawBytes: raw.byteLength, ms };
  }

  #begin({ restore, journal }: ThreadOpen): ReplGuest {
    if (restore !== null) {
      try {
        return this.#rebuildTimed(restore.packed, journal.slice(restore.version));
      } catch {
        // R4: torn, foreign, or of a heap that never was.
      }
    }
    return this.#rebuildTimed(null, [...journal]);
  }

  /** What was replayed now would be replayed by the next one as well. */
  #rebuildTimed(packed: Uint8Array | null, journal: ReplJournalEntry[]): ReplGuest {
    const startedAt = performance.now();
    const guest = this.#rebuild(packed, journal);
    this.#setBase(packed, journal);
    if (journal.length > 0) this.#sinceMs = performance.now() - startedAt;
    return guest;
  }

  #setBase(packed: Uint8Array | null, since: ReplJournalEntry[]): void {
    this.#base = packed;
    this.#since = since;
    this.#sinceMs = 0;
  }

  #rebuild(packed: Uint8Array | null, journal: readonly ReplJournalEntry[]): ReplGuest {
    const guest = this.#openGuest({
      ...this.#options,
      limits: REPL_SANDBOX,
      texts: this.#texts,
      operation: {
        before: (name, pattern) => this.#operations.before(name, pattern),
        after: () => this.#operations.after(),
      },
      ...(packed === null ? {} : { restore: packing(this.#ending, () => unpack(packed)) }),
    });
    for (const entry of journal) this.#replay(guest, entry);
    this.#replayed = journal.length;
    return guest;
  }

  #replay(guest: ReplGuest, { turn, undone, faults, calls }: ReplJournalEntry): void {
    this.#operations.startTurn(undone ? [] : faults, false);
    try {
      const end = guest.turn(undone ? { kind: 'abandon', state: turn.state } : turn);
      if (!undone && end.calls.length !== calls) throw diverged(turn, `made ${end.calls.length} calls, not ${calls}`);
    } catch (error) {
      throw isSandboxLimit(error) ? diverged(turn, `met a limit: ${error.message}`) : error;
    }
  }

  /** R3. */
  #undo(turn: ReplTurn, limit: BraidError): GuestTurnEnd {
    const startedAt = performance.now();
    this.#guest = this.#rebuild(this.#base, this.#since);
    this.#replayed = 0;
    this.#sinceMs += performance.now() - startedAt;
    const end = this.#guest.turn({ kind: 'abandon', state: turn.state });
    // Of a cell that waited, what it printed before stays; a cell that was undone whole has printed nothing.
    const output = turn.kind === 'cell' ? { head: '', tail: '', chars: 0 } : end.output;
    return { ...end, output, state: 'idle', calls: [], final: null, error: limitError(limit, turn) };
  }
}

/** R2. */
function diverged(turn: ReplTurn, what: string): BraidError {
  const which =
    turn.kind === 'cell'
      ? `cell ${turn.cell}`
      : turn.kind === 'settle'
        ? `the answer to call ${turn.settlements.map(({ id }) => id).join(', ')}`
        : 'giving a cell up';
  return new BraidError('BRAID_INTERNAL', `Replaying a REPL session diverged: ${which} ${what}.`);
}
