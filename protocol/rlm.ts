/** Start and end of an `rlm` workflow: a run's root, or a node below a script or another RLM. */
import type { ContextRef, PromptText, TextRef } from './context.ts';
import type { RlmHandover } from './handover.ts';
import type { JournalRef } from './journal.ts';
import type { Json, JsonObject } from './json.ts';
import type { Note } from './model-call.ts';
import type { ErrorInfo, Outcome, RunStatus, Spend, Usage } from './outcome.ts';
import type { Patch } from './overlay.ts';
import type { RunInput, ToolModule } from './run-input.ts';

/** Options of one RLM, resolved. */
export interface RlmOptions {
  /** Model of the loop; sub-calls use `models.sub` of the run unless they name one. */
  model: string;
  subModel: string;
  system: string | null;
  schema: JsonObject | null;
  maxIterations: number;
  /** Levels of `rlm_query` below this node that get a REPL of their own; 0: none. */
  depth: number;
  maxOutputTokens: number | null;
  effort: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null;
  /** Older turns are summarised when the transcript nears this many characters; null: never. */
  compactChars: number | null;
}

/** Texts that replace Braid's own, by role (workflows/rlm/prompts/). */
export interface RlmPrompts {
  root?: string;
  child?: string;
  leaf?: string;
}

export type { ToolModule } from './run-input.ts';

export interface RlmInput extends RunInput {
  /** Name for people and for the search attribute: the question, shortened. */
  name: string;
  question: PromptText;
  /** Start of the question and its whole length, for prompts and views. */
  asked: { head: string; length: number };
  context: ContextRef | null;
  rlm: RlmOptions;
  prompts: RlmPrompts;
  toolModule: ToolModule | null;
  /** Hash of the REPL engine that it begins on; absent in runs of builds that did not say so: all had the same. */
  replEngine?: string;
  /** Where the execution before this one stood, when the node continued as new. */
  handover?: RlmHandover;
}

/** A final too large to pass on: its text is in the store. */
export interface LargeValue {
  text: TextRef;
  length: number;
  /** The text is JSON of a value that is no text. */
  json: boolean;
  /** Its start, for people. */
  preview: string;
}

export interface RlmResult {
  status: RunStatus;
  value: Json;
  /** Set instead of `value` when the final is too large to pass on. */
  large: LargeValue | null;
  /** Why the answer is not a regular final; null when it is (RL-07). */
  partial: string | null;
  error: ErrorInfo | null;
  iterations: number;
  usage: Usage;
  outcomes: Outcome[];
  notes: Note[];
  /** As in ScriptResult. */
  unreported: { requests: number; spend: Spend } | null;
  /** What was served from an earlier run cost then; absent: nothing was. */
  replayed?: Spend;
  /** The node's own journal, kept beyond its history; absent for runs of older builds and when it could not be written. */
  journal?: JournalRef;
  /** All that its agents changed; absent: nothing. */
  patch?: Patch;
}
