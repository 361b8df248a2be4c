/** One REPL guest as its host sees it (activities/repl/). */
import type { GrepPattern, TextSource } from '../../protocol/text-source.ts';
import type { Json, JsonObject } from '../../protocol/json.ts';
import type { CellError, ReplBudget, ReplTurn, VariableInfo } from '../../protocol/repl.ts';
import type { REPL_SANDBOX } from '../../protocol/limits.ts';

export type ReplLimits = { readonly [K in Exclude<keyof typeof REPL_SANDBOX, 'threadStackMb'>]: number };

/** A part of one of the session's texts, as guests hand it around: an index into {@link ReplGuestOptions.texts}. */
export interface GuestSpan {
  doc: number;
  start: number;
  end: number;
}

/** A prompt or context of a guest: a text, or a concatenation of texts and spans. */
export type GuestText = string | (string | GuestSpan)[];

export interface ReplGuestOptions {
  limits: ReplLimits;
  seed: string;
  /** What the cells' `context` is: one text, several named ones, a parsed value, or nothing. */
  context: { kind: 'text' } | { kind: 'files' } | { kind: 'json'; value: Json } | null;
  /** The parts of the context (`doc` 0, 1, …), then the question when it is long. */
  texts: readonly TextSource[];
  question: { text: string } | { doc: number };
  tools: readonly { name: string; description: string }[];
  /**
   * Asked before and after each operation on a text that scans it; `before` may throw an error that the cell can catch
   * (an operation that hung is not tried again on replay).
   */
  operation?: { before(name: string, pattern?: GrepPattern): void; after(): void };
  /** Hash of the engine that the session began on; default: this build's (engine/repl-image.ts, hasReplEngine). */
  engine?: string;
  /** A snapshot of {@link ReplGuest.snapshot} by the same engine: the guest goes on from there. */
  restore?: Uint8Array;
}

/**
 * A QuickJS of its own, alive over many turns. A turn that meets a limit (gas, memory, stack, messages, output) throws a
 * BraidError with a code `BRAID_SANDBOX_*`; the guest is closed then: drop it.
 */
export interface ReplGuest {
  turn(turn: ReplTurn): GuestTurnEnd;
  /** All that differs from a fresh guest, between turns; restore it with {@link ReplGuestOptions.restore}. */
  snapshot(): Uint8Array;
  readonly gasUsed: number;
  /** Size of the linear memory. */
  readonly memoryBytes: number;
  readonly closed: boolean;
}

export interface GuestTurnEnd {
  state: 'idle' | 'waiting';
  calls: GuestCall[];
  eager: boolean;
  /** Head and tail of all that the cell printed, with its last value at the end when the cell has ended; not joined yet. */
  output: { head: string; tail: string; chars: number };
  error: CellError | null;
  final: { value: Json } | { span: GuestSpan } | null;
  hints: string[];
  variables: VariableInfo[];
}

export interface GuestCallOptions {
  label: string | null;
  model: string | null;
  system: string | null;
  schema: JsonObject | null;
  maxOutputTokens: number | null;
  budget: ReplBudget | null;
}

/** A context handed to `rlm_query`: texts with names, a value, or nothing. */
export type GuestContext =
  | { kind: 'texts'; texts: { name: string; text: GuestText }[] }
  | { kind: 'value'; value: Json }
  | null;

export type GuestCall = { id: number } & (
  | { name: 'llm'; batch: boolean; items: { prompt: GuestText; options: GuestCallOptions }[] }
  | {
      name: 'rlm';
      batch: boolean;
      items: { question: GuestText; context: GuestContext; options: GuestCallOptions }[];
    }
  | { name: 'agent'; prompt: GuestText; opts: JsonObject | null }
  | { name: 'workflow'; ref: string | { scriptPath: string } | { source: string }; args: Json | undefined }
  | { name: 'tool'; tool: string; args: Json }
  | { name: 'ask'; question: string; opts: JsonObject | null }
  | { name: 'approve'; what: string; details: Json; opts: JsonObject | null }
  | { name: 'call'; callee: string; args: Json }
  | { name: 'describe'; callee: string | null }
  | { name: 'wrong'; error: { code: string; message: string } }
);
