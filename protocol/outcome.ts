import type { TextRef } from './context.ts';
import type { Json } from './json.ts';
import type { Patch } from './overlay.ts';

/** Why a call gave no value. */
export type OutcomeReason = 'error' | 'refused' | 'skipped' | 'cancelled' | 'timeout' | 'schema';

/** How a call ended that gave no value (design §5.1). */
export interface Outcome {
  address: string;
  label: string;
  phase: string | null;
  reason: OutcomeReason;
  code: string;
  message: string;
  model: string | null;
  attempts: number;
}

/** Tokens and money of one call or of a whole run. `usd` is null when a price is unknown: never a guess shown as fact. */
export interface Spend {
  inputTokens: number;
  outputTokens: number;
  usd: number | null;
}

export const NO_SPEND: Spend = { inputTokens: 0, outputTokens: 0, usd: 0 };

export function addSpend(a: Spend, b: Spend): Spend {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    usd: a.usd === null || b.usd === null ? null : a.usd + b.usd,
  };
}

/** Whole-tree counts (design §5.1 says what each counts). */
export interface Usage extends Spend {
  calls: number;
  requests: number;
  replayed: number;
  failed: number;
  refused: number;
}

export const NO_USAGE: Usage = { calls: 0, requests: 0, replayed: 0, failed: 0, refused: 0, ...NO_SPEND };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    calls: a.calls + b.calls,
    requests: a.requests + b.requests,
    replayed: a.replayed + b.replayed,
    failed: a.failed + b.failed,
    refused: a.refused + b.refused,
    ...addSpend(a, b),
  };
}

export type RunStatus =
  | 'running'
  | 'paused'
  | 'completed'
  | 'completed_with_failures'
  | 'stopped'
  | 'failed'
  | 'cancelled';

/** An error as data: what views, results and guests see. */
export interface ErrorInfo {
  code: string;
  message: string;
  /** What to type or edit next. */
  fix?: string;
  /** Place in the script, 1-based, when the script is to blame. */
  line?: number;
  column?: number;
  frame?: string;
}

/** The object that `-o json` prints (design §5.1). */
export interface RunResult {
  run: string;
  status: RunStatus;
  value: Json;
  error: ErrorInfo | null;
  usage: Usage;
  outcomes: Outcome[];
  startedAt: string | null;
  endedAt: string | null;
  /** Of an RLM: turns of the root's loop. */
  iterations?: number;
  /** Of an RLM: why the value is not a regular final, or null. */
  partial?: string | null;
  /** Of an RLM: names a value that is too large to be here. */
  large?: { text: TextRef; length: number; json: boolean; preview: string };
  /** What its agents changed; absent: nothing. */
  patch?: Patch;
}

/** Status of a run that ended by itself: the first that applies (design §5.1). */
export function endStatus(end: { stoppedByLimit: boolean; usage: Usage }): RunStatus {
  if (end.stoppedByLimit || end.usage.refused > 0) return 'stopped';
  return end.usage.failed > 0 ? 'completed_with_failures' : 'completed';
}

/** Exit code of a command that waited for a run (design §5.1). */
export function exitCodeOf(status: RunStatus, options: { strict: boolean; code?: string | undefined }): number {
  if (status === 'failed') return options.code !== undefined && PROVIDER_CODES.has(options.code) ? 4 : 1;
  if (status === 'cancelled') return 130;
  if (status === 'stopped') return 3;
  return status === 'completed_with_failures' && options.strict ? 1 : 0;
}

const PROVIDER_CODES: ReadonlySet<string> = new Set([
  'BRAID_PROVIDER_KEY_MISSING',
  'BRAID_PROVIDER_KEY_REJECTED',
  'BRAID_PROVIDER_UNKNOWN',
  'BRAID_MODEL_UNKNOWN',
  'BRAID_MODEL_MISSING',
]);
