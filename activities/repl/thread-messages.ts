/** What the main thread and a session's thread say to each other: one request, one reply; snapshots come by themselves after it. */
import type { ErrorInfo } from '../../protocol/outcome.ts';
import type { ReplJournalEntry, ReplTurn } from '../../protocol/repl.ts';
import type { GuestTurnEnd, ReplGuestOptions } from '../../sandbox/repl/types.ts';
import type { SharedContext } from '../../store/contexts/shared.ts';

/** A text of the session: a range of a part of one of the shared contexts. */
export interface ThreadText {
  /** Index into {@link ThreadOpen.shared}. */
  shared: number;
  /** Its name in this session; null: the part's own. */
  name: string | null;
  part: number;
  start: number;
  end: number;
}

/** All that a session is built from. */
export interface ThreadOpen {
  /** The store's folder, for texts that are read chunk by chunk. */
  home: string;
  guest: Pick<ReplGuestOptions, 'seed' | 'context' | 'question' | 'tools'> & { engine: string };
  shared: SharedContext[];
  texts: ThreadText[];
  /** A packed heap after that many turns. */
  restore: { version: number; packed: Uint8Array } | null;
  /** All turns before the one that is asked for. */
  journal: ReplJournalEntry[];
  /** Turns that are replayed within so many ms get no snapshot. */
  replayMs: number;
}

export type ThreadRequest =
  | { kind: 'turn'; /** Given for a new session. */ open: ThreadOpen | null; turn: ReplTurn; faults: number[] }
  /** The session is over; the thread may get another. */
  | { kind: 'forget' }
  /** Nothing is to be done yet: the thread may warm up. */
  | { kind: 'rehearse' };

export type ThreadReply = { kind: 'end'; end: ThreadTurnEnd } | { kind: 'failed'; error: ErrorInfo };

export interface ThreadTurnEnd extends GuestTurnEnd {
  undone: boolean;
  /** Ordinals of the operations that were made to fail. */
  faults: number[];
  gas: number;
  /** Memory of the guest in bytes. */
  memory: number;
  /** What is kept beside it to undo a turn. */
  kept: number;
  /** Turns that were replayed before this one. */
  replayed: number;
}

/** The heap after the turn that was told last. */
export interface ThreadSnapshot {
  kind: 'snapshot';
  /** Turns taken until then. */
  version: number;
  packed: Uint8Array;
  rawBytes: number;
  ms: number;
}

export type ThreadMessage = ThreadReply | ThreadSnapshot;
