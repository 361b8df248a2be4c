/**
 * What a run looks like from outside: the shape that the reducer over histories makes and every surface shows
 * (`braid watch`, `show`, `list`, `-o jsonl`, the library). All times are ms since 1970.
 */
import type { SnapshotInfo } from './activities.ts';
import type { Json, JsonObject } from './json.ts';
import type { GateNote, Note } from './model-call.ts';
import type { ErrorInfo, Outcome, OutcomeReason, RunStatus, Spend, Usage } from './outcome.ts';
import type { Patch } from './overlay.ts';
import type { CellError, VariableInfo } from './repl.ts';
import type { LargeValue } from './rlm.ts';
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

/** What a program asked for. A `tool` is a function of the user's: listed, and no call in the sense of design §5.1. */
export type CallKind = 'agent' | 'llm' | 'rlm' | 'workflow' | 'tool';

export interface CallView {
  address: string;
  kind: CallKind;
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
  /** Run that paid for a replayed call; null for any other. */
  from: string | null;
  /** What earlier runs paid for what was served of this call: in none of its other numbers, and in no total. Null: nothing was. */
  saved: Spend | null;
  /** Of a run that resumes another: why this call was not served (`new`, `changed: prompt, model`, `failed before` …). */
  why: string | null;
  /** Of an agent that may change files, when it has given a value: what it changed, null for nothing. Absent for all others. */
  patch?: Patch | null;
}

/** Without tools. */
export type CallCounts = Record<CallState, number> & { total: number };

/**
 * A program of a run's tree: the root, and each call that loops (design §1). The tokens of its {@link CallView} are its own
 * requests; those of the calls below it stand with them, so that the sum over all calls and the root's own requests is the total.
 */
export interface NodeView {
  /** `root`, or the address of the call that this node answers. */
  address: string;
  kind: 'script' | 'rlm' | 'agent' | 'delegate' | 'batch';
  label: string;
  /** Address of the node that asked for it; null for the root. */
  parent: string | null;
  /** 0 for the root. */
  depth: number;
  state: CallState;
  model: string | null;
  /** Start of the question of an RLM. */
  question: string | null;
  /** What an RLM's context is, in a few words. */
  context: string | null;
  /** Turns of its loop that were begun; of an RLM that has ended, as its result says. */
  iteration: number;
  maxIterations: number | null;
  /** Of an RLM, in order. */
  turns: TurnView[];
  cells: CellView[];
  /** What an RLM below the root gave; the start of it when it is large. Null for others, and until then. */
  value: Json;
  /** Why an RLM's answer is not a regular final; null when it is. */
  partial: string | null;
  /** Its own requests, and all calls below it. */
  usage: Usage;
  startedAt: number | null;
  endedAt: number | null;
}

/** One turn of an RLM's loop: an answer of its model. */
export interface TurnView {
  /** From 1. */
  iteration: number;
  state: 'running' | 'waiting' | 'done' | 'failed';
  /** What the model answered, cells and all; empty until then. */
  text: string;
  usage: Spend;
  requests: number;
  startedAt: number;
  endedAt: number | null;
}

/** A cell that a node ran. `waiting`: for the calls it made. */
export interface CellView {
  cell: number;
  /** Turn that wrote it. */
  iteration: number;
  code: string;
  state: 'running' | 'waiting' | 'done' | 'failed';
  /** What it printed and its last value, cut head and tail. */
  output: string;
  /** Characters of the whole output. */
  outputChars: number;
  error: CellError | null;
  hints: string[];
  variables: VariableInfo[];
  /** It called a finaliser that counts. */
  final: boolean;
  /** Addresses of the calls that it made, tools among them. */
  calls: string[];
  /** Of those calls and everything below them. */
  usage: Usage;
  /** Own computing, without waiting. */
  ms: number;
  gas: number;
  startedAt: number;
  endedAt: number | null;
}

export interface PhaseView {
  /** Null for calls outside any phase. */
  title: string | null;
  detail: string | null;
  counts: CallCounts;
}

/** A place where a run waits, or waited, for a person (DW-51). */
export interface GateView extends Pick<GateNote, 'kind' | 'question' | 'details' | 'schema' | 'digest' | 'expiresAt'> {
  /** Names it in its run, for `braid answer RUN GATE`. */
  gate: string;
  /** Workflow id of the node that takes the answer. */
  node: string;
  /** `cancelled`: given up, also with the node that opened it. */
  state: 'open' | 'answered' | 'timeout' | 'cancelled';
  /** The answer, or the default that a timeout gave. */
  value: Json;
  /** Who answered. */
  by: string | null;
  openedAt: number;
  closedAt: number | null;
}

/** Limits that a paused run can wait for. */
export type PauseLimit = 'maxCalls' | 'maxRequests' | 'maxInputTokens' | 'maxOutputTokens' | 'maxUsd' | 'maxTimeMs';

/** Why a run is paused. `unknown`: its history does not tell. */
export interface PauseView {
  reason: 'person' | 'limit' | 'quota' | 'unknown';
  /** Which limit, where that can be told. */
  limit: PauseLimit | null;
  /** What the run said about it. */
  text: string | null;
  since: number;
}

/** One fact of a run's story, in the order history gives them. Entries are only ever appended. */
export type StoryEntry = { at: number } & (
  | { type: 'run.started' }
  | { type: 'note'; note: Note }
  | { type: 'call.started'; address: string }
  | { type: 'call.ended'; address: string }
  | { type: 'call.replayed'; address: string }
  | { type: 'gate.opened' | 'gate.closed'; gate: string }
  | { type: 'cell.started' | 'cell.ended'; node: string; cell: number }
  | { type: 'snapshot' }
  | { type: 'paused'; pause: PauseView }
  | { type: 'resumed' | 'cancel.requested' }
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
  kind: 'script' | 'rlm' | 'batch';
  name: string;
  file: string | null;
  sourceHash: string | null;
  meta: JsonObject | null;
  args: Json;
  /** Default model. */
  model: string | null;
  /** Of an RLM: the model of its sub-calls, and the levels of recursion below its root. */
  rlm: { subModel: string | null; depth: number } | null;
  /** As they are now: `braid limit` changes them. */
  limits: RunLimits | null;
  taskQueue: string | null;
  /** Run whose finished calls are reused; null: none. */
  resumedFrom: string | null;
  status: RunStatus;
  /** Why it is paused; null while it is not. */
  pause: PauseView | null;
  /** A cancellation was asked for. */
  cancelling: boolean;
  /** Current phase of the script. */
  phase: string | null;
  /** Declared phases first, in their order, then the others as they were met. */
  phases: PhaseView[];
  calls: CallView[];
  /** The root first, then as they were met. */
  nodes: NodeView[];
  counts: CallCounts;
  notes: Note[];
  story: StoryEntry[];
  usage: Usage;
  /** What earlier runs paid for all that was served from them; in no total. */
  saved: Spend;
  /** In the order in which they were opened. */
  gates: GateView[];
  outcomes: Outcome[];
  /** The script's result; null while it runs and when there is none. */
  value: Json;
  /** The result of an RLM that is too large to pass on; `value` is null then. */
  large: LargeValue | null;
  error: ErrorInfo | null;
  workspace: { root: string; snapshot: SnapshotInfo | null; error: string | null } | null;
  /** The earliest timer that the run sleeps on. */
  sleepingUntil: number | null;
  startedAt: number | null;
  endedAt: number | null;
  historyEvents: number;
  /** All that the agents of an ended run changed; absent: nothing. */
  patch?: Patch;
  /** Things the viewer should know about this view itself, for example payloads that could not be read here. */
  notices: string[];
  connection: 'ok' | 'lost';
  /** Null until the task queue was asked. */
  worker: WorkerView | null;
}

/** One line of `braid list`. */
export interface RunSummary {
  run: string;
  kind: 'script' | 'rlm' | 'batch';
  name: string;
  status: RunStatus;
  /** It, or a node of its tree, waits for a person. */
  waiting: boolean;
  startedAt: number | null;
  endedAt: number | null;
}

/** A line of `-o jsonl`. `at` is ISO 8601. Fields are only ever added; a change of meaning changes `v`. */
export type RunEvent = { v: 1; at: string; run: string } & (
  | { type: 'run.started'; name: string; file: string | null; model: string | null; sourceHash: string | null }
  | { type: 'phase'; title: string }
  | { type: 'log'; level: 'log' | 'warning' | 'null'; text: string }
  /** `why`: see CallView. A call that is restarted begins again. */
  | {
      type: 'call.started';
      address: string;
      label: string;
      phase: string | null;
      model: string | null;
      why: string | null;
    }
  | { type: 'call.replayed'; address: string; label: string; phase: string | null; model: string | null; from: string }
  | ({ type: 'call.ended'; state: CallState } & CallEndFields)
  | { type: 'cell.started'; node: string; cell: number; iteration: number; code: string }
  | ({ type: 'cell.ended'; node: string } & CellEndFields)
  | { type: 'workspace'; files: number; bytes: number; hash: string }
  | ({ type: 'gate.opened' } & Pick<
      GateView,
      'gate' | 'node' | 'kind' | 'question' | 'details' | 'schema' | 'digest' | 'expiresAt'
    >)
  | ({ type: 'gate.closed'; state: GateView['state'] } & Pick<GateView, 'gate' | 'node' | 'value' | 'by'>)
  | ({ type: 'run.paused' } & Pick<PauseView, 'reason' | 'limit' | 'text'>)
  | { type: 'run.resumed' | 'run.cancelling' }
  | { type: 'worker.missing' | 'worker.back' | 'connection.lost' | 'connection.back' }
  | { type: 'run.ended'; status: RunStatus; usage: Usage; error: ErrorInfo | null }
);

export interface CellEndFields extends Pick<CellView, 'cell' | 'iteration' | 'state' | 'outputChars' | 'final'> {
  /** From its begin to its end, calls and all. */
  ms: number | null;
  error: string | null;
  calls: number;
}

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
