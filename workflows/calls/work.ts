/** Calls as programs make them: how one begins, and how it ends. */
import type { CallResult } from '../../protocol/guest.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import { isBraidError } from '../../protocol/errors.ts';
import type { Again } from '../../protocol/handover.ts';
import type { Json } from '../../protocol/json.ts';
import type { Window } from '../ledger/window.ts';

/**
 * How a call ended. `seq`: it was served from an earlier run, where it was the seq-th to end; `charge` is due when it is handed over,
 * which waits for it.
 */
export type Ending =
  | { ok: true; value: Json | CallResult; seq?: number; charge?(): Promise<void> | void }
  | { ok: false; error: { code: string; message: string } };

/** What a call does when its turn comes. */
export interface Work {
  /** Where it waits for a slot; null when it starts at once. */
  window: Window | null;
  /** With a slot of the window, which it gives back in the end. */
  run(): Promise<Json | CallResult>;
  /** The script or the run ended while it waited: it will not run. */
  dropped(): void;
  /** Told how the call is ended, with a result, while it waits for its slot (DW-52). */
  waits?(end: (result: CallResult) => void): void;
  /** What it is known by when the script continues as new while it waits; absent: it is asked as if for the first time. */
  again?(): Again | null;
}

/**
 * A call as it begins: its end, if that is certain at once, or the work. Neither a refusal nor waiting takes a promise:
 * thousands of calls may begin in one turn, and each promise costs the isolate a stack trace.
 */
export type Begun = Ending | Work;

/** A thrown thing as the end of a call. */
export function failed(error: unknown): Ending & { ok: false } {
  const message = error instanceof Error ? error.message : String(error);
  if (isBraidError(error)) return { ok: false, error: { code: error.code, message } };
  const code = error instanceof Error && 'type' in error && isErrorCode(error.type) ? error.type : 'BRAID_INTERNAL';
  return { ok: false, error: { code, message } };
}
