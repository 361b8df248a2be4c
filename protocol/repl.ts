/**
 * The contract of the `replStep` activity: one turn of a REPL session (design §4).
 *
 *  V1  A session's state is a function of its {@link ReplOpen} and the list of its turns: the journal is the truth, live
 *      sessions and heap snapshots only save the work of replaying it.
 *  V2  Turn number `version` may be taken only by a session that took the turns before it; any other session is discarded.
 *  V3  A turn has no effect outside its session but its result, so a turn that was lost may be taken again.
 */
import type { ContextRef, PromptText, TextRef } from './context.ts';
import type { Json, JsonObject } from './json.ts';

/** What a session is opened with; constants of the node. */
export interface ReplOpen {
  context: ContextRef | null;
  /** The whole question, which cells see as `question`. */
  question: PromptText;
  seed: string;
  /** Hash of the REPL's engine; a worker with another build refuses the session. */
  engine: string;
  /** User tools that cells may call as `tools.NAME(args)`. */
  tools: { name: string; description: string }[];
  /** JSON Schema of the final, or null. */
  schema: JsonObject | null;
}

/** What guests may read without a call; fixed for a turn. */
export interface ReplState {
  /** Workflow time in ms since 1970. */
  now: number;
  /** Output tokens spent by the node's tree. */
  spent: number;
  /** Ceiling of output tokens, or null. */
  total: number | null;
  iterationsLeft: number;
  /** Calls that may still be made, or null when nothing bounds them. */
  callsLeft: number | null;
  /** As in GuestState and GuestStart, for `budget.calls`, `budget.usd`, `budget.time`. */
  calls?: number;
  usd?: number | null;
  ms?: number;
  totals?: { calls: number | null; usd: number | null; ms: number | null };
}

export type ReplTurn = { state: ReplState } & (
  | { kind: 'cell'; cell: number; code: string }
  /** Answers, in the order history gives them. The guest's jobs are drained after each. */
  | { kind: 'settle'; settlements: ReplSettlement[] }
  /** Gives the waiting cell up: what it waits for never comes, and a new cell may run. */
  | { kind: 'abandon' }
);

/** `value` of a batch is an array with a value or an `{error, code}` object for each item. */
export type ReplSettlement = { id: number } & (
  | { ok: true; value: Json }
  | { ok: false; error: { code: string; message: string } }
);

export interface ReplStepRequest {
  /** Names the session: one per execution of a node. */
  session: string;
  /** Changes whenever the workflow gave a session up, so that a stale one cannot answer. */
  token: string;
  /** Number of turns taken before this one. */
  version: number;
  turn: ReplTurn;
  /** Context operations of this turn that hung when it was taken before (see {@link ReplJournalEntry.faults}). */
  faults: number[];
  /** Given when the session must be opened or built anew: its constants, and all turns before this one. */
  rebuild: { open: ReplOpen; journal: ReplJournalEntry[] } | null;
  /** Task queue of the worker that holds the session, when the turn went to the queue of all: another worker sends it there. */
  holder?: string;
}

/** A turn that was taken, with what cannot be computed again. */
export interface ReplJournalEntry {
  turn: ReplTurn;
  /** The turn ended at a limit and was undone: a replay leaves it out, and gives the waiting cell up if there is one. */
  undone: boolean;
  /** How many calls it made: a replay that makes another number has diverged. */
  calls: number;
  /** Ordinals (from 0, within the turn) of context operations that were stopped for taking too long; they fail again. */
  faults: number[];
}

export type ReplStepResult =
  | ({
      kind: 'ran';
      /** Task queue on which this session is reached. */
      queue: string;
      /** What a workflow task asks for comes back to the worker that ends it, and this is likely the one: the queue of all leads here sooner. */
      near?: true;
    } & ReplTurnEnd)
  /** The turn was not taken: the session is at `holder`. */
  | { kind: 'elsewhere' }
  /**
   * This worker does not hold the session at that version: ask again with `rebuild`. `fault`: a context operation hung.
   * `crashed`: the turn took its thread down.
   */
  | { kind: 'lost'; fault: number | null; crashed: boolean };

export interface ReplTurnEnd {
  /** `idle`: the cell has ended. `waiting`: it waits for calls. */
  state: 'idle' | 'waiting';
  /** Calls made in this turn, in order. */
  calls: ReplCall[];
  /** The guest wants each answer as soon as it comes (a pipeline is open), not in groups. */
  eager: boolean;
  /** What the cell has printed and its last value, cut head and tail; complete when `idle`. */
  output: string;
  /** Characters of the whole output. */
  outputChars: number;
  /** What the cell threw, or the limit it met. */
  error: CellError | null;
  /** The turn ended at a limit and was undone (the session is as before it, its cell given up). */
  undone: boolean;
  faults: number[];
  final: ReplFinal | null;
  /** Notes for the model: text markers that are not obeyed, Python, types that were stripped. */
  hints: string[];
  /** Variables of the session: told when the cell has ended. */
  variables: VariableInfo[];
  /** Gas of this turn. */
  gas: number;
  /** Memory of the guest in bytes. */
  memory: number;
  ms: number;
}

export interface CellError {
  name: string;
  message: string;
  code: string | null;
  /** 1-based, in the cell. */
  line: number | null;
  column: number | null;
  /** The cell's lines around it. */
  frame: string;
}

/** A finaliser that counts (RL-05), judged against the schema (RL-06). */
export type ReplFinal =
  | { ok: true; value: Json }
  /** Too large to pass on: its text, or with `json` the JSON text of what it is. */
  | { ok: true; text: TextRef; length: number; json: boolean; preview: string }
  | { ok: false; problem: string };

export interface VariableInfo {
  name: string;
  type: string;
  /** Characters of the preview, items, bytes: whatever `type` counts; null when it has no size. */
  size: number | null;
  preview: string;
}

/** `usd` in dollars, `timeMs` is wall time. */
export interface ReplBudget {
  calls?: number;
  requests?: number;
  inputTokens?: number;
  outputTokens?: number;
  usd?: number;
  timeMs?: number;
  iterations?: number;
}

export interface ReplCallOptions {
  label: string | null;
  model: string | null;
  system: string | null;
  schema: JsonObject | null;
  maxOutputTokens: number | null;
  /** Limits of a recursive call: never looser than its caller's. */
  budget: ReplBudget | null;
}

/** A call that a cell made, parsed. Large texts are references already. */
export type ReplCall = { id: number } & (
  | { name: 'llm'; batch: boolean; items: { prompt: PromptText; options: ReplCallOptions }[] }
  | {
      name: 'rlm';
      batch: boolean;
      /** `context` null: the question stands alone. */
      items: { question: PromptText; context: ContextRef | null; options: ReplCallOptions }[];
    }
  /** As the dialect's `agent(prompt, opts)`. */
  | { name: 'agent'; prompt: PromptText; opts: JsonObject | null }
  /** A saved name, a path, or a whole script's source. */
  | { name: 'workflow'; ref: string | { scriptPath: string } | { source: string }; args: Json | undefined }
  | { name: 'tool'; tool: string; args: Json }
  /** As the dialect's; what stands in `opts` is checked by the workflow. */
  | { name: 'ask'; question: string; opts: JsonObject | null }
  | { name: 'approve'; what: string; details: Json; opts: JsonObject | null }
  | { name: 'call'; callee: string; args: Json }
  /** `describe(name)`; null: `agents()`. */
  | { name: 'describe'; callee: string | null }
  /** Wrong arguments: settled with this error at once. */
  | { name: 'wrong'; error: { code: string; message: string } }
);
