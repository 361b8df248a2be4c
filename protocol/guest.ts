/**
 * The wire between a guest (untrusted script) and its host. Messages are JSON text in both directions.
 *
 *  W1  The guest speaks only by `post(text)`; the host speaks only by `settle(text)`.
 *  W2  A `call` has an id above 0 that the guest never reuses; the host settles each id at most once, in history's order.
 *  W3  Everything the guest reads synchronously (`now()`, `budget.spent()`, `outcomes()`) comes with a settlement, so it
 *      can change only where history says so.
 *  W4  The host parses every message as hostile: unknown kinds, ids and shapes end the guest with a typed error.
 */
import type { Json, JsonObject } from './json.ts';
import type { Outcome, Spend } from './outcome.ts';
import type { Patch } from './overlay.ts';

/**
 * Names of host calls that a script guest may make. `sleep` args: [milliseconds]. `ask`: [question, {schema?, timeout?, default?} or
 * null]. `approve`: [what, details or null, {timeout?} or null]. `call`: [name, args or null]. `merge`: [patches]. `describe`: [name], or
 * [null] for a list of all names.
 */
export type GuestCallName = 'agent' | 'rlm' | 'workflow' | 'sleep' | 'ask' | 'approve' | 'call' | 'merge' | 'describe';

export type GuestMessage =
  /** agent: args [prompt, opts or null]; rlm: [question, context or null, opts or null]; workflow: args [name or {scriptPath}, args]. `phase` is the current group then. */
  | { type: 'call'; id: number; name: GuestCallName; args: Json[]; phase: string | null }
  /** The guest no longer wants call `id` (`clearTimeout`). */
  | { type: 'drop'; id: number }
  /** `budget` holds for all calls of the phase: whatever the script gave, parsed by the host. */
  | { type: 'phase'; title: string; budget?: Json }
  /** What the run has to show; null: nothing. The host checks whether it is a patch. */
  | { type: 'keep'; patch: Json }
  /** `level` is log for `log()`, else the console's method; `null` marks a line that DW-26 demands. */
  | { type: 'log'; level: 'log' | 'debug' | 'info' | 'warn' | 'error' | 'null'; text: string }
  /** The script returned. `warning` tells what JSON could not carry (a function became null …). */
  | { type: 'done'; value: Json; warning?: string }
  | { type: 'fail'; error: GuestError };

/** An error that left the script. Line and column are the script's own, 1-based. */
export interface GuestError {
  name: string;
  message: string;
  stack: string;
  code?: string;
  line?: number;
  column?: number;
}

/** What guest code may read without a call (W3). */
export interface GuestState {
  /** Workflow time in ms since 1970. */
  now: number;
  /** Output tokens spent so far by the whole tree. */
  spent: number;
  /** The same of calls, USD (null: a price is unknown) and wall time in ms, for `budget.calls`, `budget.usd`, `budget.time`. */
  calls?: number;
  usd?: number | null;
  ms?: number;
}

/** First message to a guest: constants of the run. */
export interface GuestStart extends GuestState {
  args: Json | undefined;
  seed: string;
  /** Ceiling of output tokens, or null. */
  total: number | null;
  /** Ceilings of calls, USD and wall time in ms; null = none. */
  totals?: { calls: number | null; usd: number | null; ms: number | null };
}

/** What `agent()` and `agentResult()` make of a finished call. `throws` tells agent() to throw `error` instead of giving null. */
export interface CallResult {
  ok: boolean;
  value: Json;
  reason: Outcome['reason'] | null;
  error: { code: string; message: string } | null;
  usage: Spend;
  replayed: boolean;
  degraded: boolean;
  ms: number;
  throws: boolean;
  /** Present when the call gave no value; `outcomes()` lists these. */
  outcome: Outcome | null;
  /** Of an agent that may change files: what it changed, null for nothing. Absent for all others. */
  patch?: Patch | null;
}

/** `ok`: the value (for `agent` a {@link CallResult}); else an error that the guest throws at the call. */
export type Settlement = GuestState &
  (
    | { id: number; ok: true; value: Json | CallResult }
    | { id: number; ok: false; error: { code: string; message: string } }
  );

export function isMessageObject(value: unknown): value is JsonObject & { type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
