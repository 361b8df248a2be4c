/**
 * What a node hands to itself when it continues as new (design §6): of a script, enough to bring its guest to where it was; of a
 * recursive model, its transcript and the turns of its REPL session.
 *
 *  HO1  A guest is deterministic: the same start and the same settlements in the same order make the same calls with the same ids.
 *  HO2  Calls that were settled are not made again; those that were open are, under the addresses and keys that they had.
 *  HO3  Counters go on: no address, ordinal or count is given twice.
 *
 * The log of settlements travels beside it, in further arguments of the workflow of at most {@link LOG_PART_BYTES} each, so that
 * none of them is large and those that did not change are the same blobs.
 */
import type { LoadedScript } from './activities.ts';
import type { GuestState } from './guest.ts';
import type { CallKey, JournalRef } from './journal.ts';
import type { Json } from './json.ts';
import type { ModelMessage, Note } from './model-call.ts';
import type { Outcome, Spend } from './outcome.ts';
import type { OverlayRef, Patch } from './overlay.ts';
import type { ReplJournalEntry, VariableInfo } from './repl.ts';
import type { RunLimits } from './run-input.ts';

export const LOG_PART_BYTES = 256 * 1024;

/** One settlement, as the guest of `host` got it. `host`: address of a nested workflow, empty for the script itself. */
export interface LogEntry {
  host: string;
  id: number;
  state: GuestState;
  answer: { ok: true; value: Json } | { ok: false; error: { code: string; message: string } };
}

/** A call that had no answer. */
export interface OpenCall {
  host: string;
  id: number;
  /** Null: it was not counted yet, and is asked as if for the first time. */
  again: Again | null;
}

export interface Again {
  address: string;
  /** Null for what has none before it runs. */
  key: CallKey | null;
  /** When a timer ends, in ms since 1970. */
  until?: number;
  /** Overlays on which an agent begins, merged in this order. Absent: on the snapshot. */
  begins?: Patch[];
}

export interface HostStart {
  /** What the guest could read at its start. */
  state: GuestState;
  /** Of a nested workflow. */
  loaded: { script: LoadedScript; path: string } | null;
}

export interface ScriptHandover {
  /** How many executions came before. */
  part: number;
  hosts: { [host: string]: HostStart };
  open: OpenCall[];
  tree: TreeHandover;
}

export type PhaseLedger = Pick<
  TreeHandover,
  'calls' | 'requests' | 'refused' | 'spend' | 'replayed' | 'replayedCalls' | 'charged'
>;

/** What the agents of an execution changed. */
export interface ChangesState {
  /** Where the next agent that is not isolated begins; null: on the bare snapshot. */
  head: Patch | null;
  /** Patches of isolated agents, in the order in which these ended. */
  isolated: Patch[];
  /** What the script chose with `keep()`; absent: it did not. */
  kept?: Patch | null;
  /** Merges made, for their names. */
  merges: number;
  /** Overlays that are in the head. */
  held: OverlayRef[];
  /** Overlays that may lie over an older snapshot than this run's. */
  older: OverlayRef[];
  /** What merges were made of, by the overlay that they gave. */
  parts: { [merged: OverlayRef]: OverlayRef[] };
}

/** What calls cost, by what was called: sums by `kind:name`, and of scripts within the execution's own that have not ended by address. */
export interface CostsState {
  sums: { [callable: string]: Spend & { calls: number; failed: number } };
  scripts: { [address: string]: { name: string; spend: Spend } };
}

/** What a run that goes on answers to who asks for its changes. */
export interface ChangesSoFar {
  patch: Patch | null;
  /** Agents whose patches are merged in the end only. */
  beside: string[];
}

export interface TreeHandover {
  calls: number;
  requests: number;
  refused: number;
  spend: Spend;
  replayed: Spend;
  replayedCalls: number;
  /** What is charged in nano-dollars, known or not, and whether a price was unknown (workflows/ledger/ledger.ts). */
  charged?: { paid: number; served: number; unpriced: { paid: boolean; served: boolean } };
  /** What phases with a budget have used, by script and title. */
  phases?: { [phase: string]: { ledger: PhaseLedger; ranMs: number } };
  /** Limits as they are now. */
  limits: Partial<RunLimits>;
  failed: number;
  outcomes: Outcome[];
  /** Lines that are told once. */
  warned: string[];
  /** Last numbers given, by what they number. */
  numbers: { [name: string]: number };
  journal: { ref: JournalRef | null; ordinals: { [name: string]: number }; positions: { [name: string]: number } };
  /** Wall time that counts, in ms. */
  ranMs: number;
  paused: boolean;
  handedOut: string[];
  /** What agents changed so far; absent: nothing, and in runs of older builds. */
  changes?: ChangesState;
  /** Absent: nothing was called, and in runs of older builds. */
  costs?: CostsState;
  /** Lines of the story that nothing carried yet. */
  notes: Note[];
}

/** Travels beside an {@link RlmHandover}, because both may be long. */
export interface RlmRecord {
  messages: ModelMessage[];
  /** Turns that the session has taken. */
  journal: ReplJournalEntry[];
}

/** Taken between two turns of the loop, when no cell runs. */
export interface RlmHandover {
  part: number;
  tree: TreeHandover;
  loop: {
    iteration: number;
    cells: number;
    reminded: boolean;
    variables: VariableInfo[];
    idle: number;
    sameErrors: number;
    lastError: string | null;
  };
  /** Requests that the node made itself. */
  turn: number;
  session: { queue: string | null; generation: number };
}
