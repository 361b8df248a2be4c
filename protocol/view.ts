/**
 * What a run looks like from outside: the shape that the reducer over histories makes and every surface shows
 * (`braid watch`, `show`, `list`, `-o jsonl`, the library). All times are ms since 1970.
 */
import type { SnapshotInfo } from './activities.ts';
import type { Json, JsonObject } from './json.ts';
import type { Note } from './model-call.ts';
import type { ErrorInfo, Outcome, OutcomeReason, RunStatus, Usage } from './outcome.ts';
import type { RunLimits } from './run-input.ts';

/** `waiting`: between two tries (rate limit, backoff). `replayed`: served from an earlier run. `refused`: never dispatched. */
export type CallState = 'queued' | 'running' | 'waiting' | 'done' | 'failed' | 'replayed' | 'refused' | 'cancelled';

export const CALL_STATES: readonly CallState[] = [
  'queued',
  'running',
  'waiting',
  'done',
  'failed',
  'replayed',
  'refused',
  'cancelled',
];

export interface CallView {
  address: string;
  label: string;
  phase: string | null;
  model: string | null;
  state: CallState;
  /** The program has gone past this call: nothing about it can change any more. */
  settled: boolean;
  /** Attempts of the activity in flight, or of the last one: above 1 after a transport failure or a dead worker. */
  attempts: number;
  /** Model turns begun. */
  turns: number;
  toolCalls: number;
  /** Requests sent to the provider, as far as history knows. */
  requests: number;
  inputTokens: number;
  /** While a turn streams, what its heartbeats report is included. */
  outputTokens: number;
  /** Null when a price is unknown. */
  usd: number | null;
  queuedAt: number;
  startedAt: number | null;
  endedAt: number | null;
  /** Last sign of life: an event or a heartbeat. */
  lastSign: number;
  error: { reason: OutcomeReason; code: string; message: string } | null;
  /** What a waiting call waits for, or the failure that its current attempt repeats. */
  hint: string | null;
  /** Workflow id of the child that runs this call; null for a call in the caller's own history. */
  child: string | null;
}

export type CallCounts = Record<CallState, number> & { total: number };

export interface PhaseView {
  /** Null for calls outside any phase. */
  title: string | null;
  detail: string | null;
  counts: CallCounts;
}

/** One fact of a run's story, in the order history gives them. Entries are only ever appended. */
export type StoryEntry = { at: number } & (
  | { type: 'run.started' }
  | { type: 'note'; note: Note }
  | { type: 'call.started'; address: string }
  | { type: 'call.ended'; address: string }
  | { type: 'snapshot' }
  | { type: 'paused' | 'resumed' | 'cancel.requested' }
  | { type: 'run.ended' }
);

/** Whether a worker takes this run's tasks. */
export interface WorkerView {
  alive: boolean;
  /** Last time a worker was seen, by its polls. */
  lastSeen: number | null;
  /** Since when none is there; null while one is. */
  missingSince: number | null;
}

export interface RunView {
  /** Workflow id. */
  run: string;
  name: string;
  file: string | null;
  sourceHash: string | null;
  meta: JsonObject | null;
  args: Json;
  /** Default model. */
  model: string | null;
  limits: RunLimits | null;
  taskQueue: string | null;
  status: RunStatus;
  /** A cancellation was asked for. */
  cancelling: boolean;
  /** Current phase of the script. */
  phase: string | null;
  /** Declared phases first, in their order, then the others as they were met. */
  phases: PhaseView[];
  calls: CallView[];
  counts: CallCounts;
  notes: Note[];
  story: StoryEntry[];
  usage: Usage;
  outcomes: Outcome[];
  /** The script's result; null while it runs and when there is none. */
  value: Json;
  error: ErrorInfo | null;
  workspace: { root: string; snapshot: SnapshotInfo | null; error: string | null } | null;
  /** The earliest timer that the run sleeps on. */
  sleepingUntil: number | null;
  startedAt: number | null;
  endedAt: number | null;
  historyEvents: number;
  /** Things the viewer should know about this view itself, for example payloads that could not be read here. */
  notices: string[];
  connection: 'ok' | 'lost';
  /** Null until the task queue was asked. */
  worker: WorkerView | null;
}

/** One line of `braid list`. */
export interface RunSummary {
  run: string;
  name: string;
  status: RunStatus;
  startedAt: number | null;
  endedAt: number | null;
}

/** A line of `-o jsonl`. `at` is ISO 8601. Fields are only ever added; a change of meaning changes `v`. */
export type RunEvent = { v: 1; at: string; run: string } & (
  | { type: 'run.started'; name: string; file: string | null; model: string | null; sourceHash: string | null }
  | { type: 'phase'; title: string }
  | { type: 'log'; level: 'log' | 'warning' | 'null'; text: string }
  | { type: 'call.started'; address: string; label: string; phase: string | null; model: string | null }
  | ({ type: 'call.ended'; state: CallState } & CallEndFields)
  | { type: 'workspace'; files: number; bytes: number; hash: string }
  | { type: 'run.paused' | 'run.resumed' | 'run.cancelling' }
  | { type: 'worker.missing' | 'worker.back' | 'connection.lost' | 'connection.back' }
  | { type: 'run.ended'; status: RunStatus; usage: Usage; error: ErrorInfo | null }
);

export interface CallEndFields {
  address: string;
  label: string;
  phase: string | null;
  model: string | null;
  ms: number | null;
  turns: number;
  requests: number;
  inputTokens: number;
  outputTokens: number;
  usd: number | null;
  error: CallView['error'];
}
