/** Activities as workflows see them. Implemented in `activities/`; the first argument is always the {@link CallTag}. */
import type { Json, JsonObject } from './json.ts';
import type {
  JournalRef,
  OpenJournalRequest,
  OpenJournalResult,
  ReadJournalRequest,
  ReadJournalResult,
} from './journal.ts';
import type { CallTag, ModelRequest, ModelResponse, Note } from './model-call.ts';
import type { ContextRef, PromptText } from './context.ts';
import type { ReplStepRequest, ReplStepResult } from './repl.ts';
import type { PriceTable } from './prices.ts';
import type { BudgetKind, WorkspaceRef } from './run-input.ts';

export interface ToolRequest {
  tool: string;
  input: Json;
  /** Key of the run's snapshot; null when the run has no workspace. */
  snapshot: SnapshotKey | null;
}

/** Names a snapshot before it exists: the first to need it takes it, all later ones read the same (design §1). */
export interface SnapshotKey {
  key: string;
  workspace: WorkspaceRef;
}

export interface ToolResponse {
  output: string;
  isError: boolean;
  /** What was read, for the read set of design §6: what was asked → hash of what it gave. */
  reads: ReadRecord[];
}

export interface ReadRecord {
  kind: 'file' | 'list' | 'search' | 'diff' | 'git';
  what: string;
  hash: string;
}

export interface SnapshotInfo {
  files: number;
  bytes: number;
  /** Hash of the manifest. */
  hash: string;
  ms: number;
}

/** A script that a script calls, loaded and checked by a worker (DW-25). */
export interface LoadedScript {
  source: string;
  sourceHash: string;
  name: string;
  file: string;
  warnings: string[];
  /** `meta` of the script; null when it has none. */
  meta?: JsonObject | null;
}

export interface LoadRequest {
  /** A saved name, a path, or the source itself. */
  ref: string | { scriptPath: string } | { source: string };
  workspace: WorkspaceRef | null;
  /** File of the script that asks. */
  caller: string;
}

export interface BraidActivities {
  model(tag: CallTag, request: ModelRequest): Promise<ModelResponse>;
  tool(tag: CallTag, request: ToolRequest): Promise<ToolResponse>;
  snapshot(tag: CallTag, key: SnapshotKey): Promise<SnapshotInfo>;
  loadScript(tag: CallTag, request: LoadRequest): Promise<LoadedScript>;
  /** One turn of a REPL session. Never retried by the server: the workflow decides what a lost turn means (design §4.6). */
  replStep(tag: CallTag, request: ReplStepRequest): Promise<ReplStepResult>;
  /** Texts for an RLM, from files of the run's snapshot or from a value. */
  openContext(tag: CallTag, request: ContextRequest): Promise<ContextRef>;
  /** The index of what an earlier run finished, from its histories or, when those are gone, from the store. Errors: BRAID_RUN_UNKNOWN. */
  openJournal(tag: CallTag, request: OpenJournalRequest): Promise<OpenJournalResult>;
  /** Entries of one node. */
  readJournal(tag: CallTag, request: ReadJournalRequest): Promise<ReadJournalResult>;
  /** A closing node's own journal as a blob, from its history so far, so that it outlives that; the root's is kept under the run's id. */
  closeJournal(tag: CallTag, request: { root: boolean }): Promise<JournalRef>;
  /** What models cost at most, from the list that the worker carries: nothing is fetched. */
  prices(tag: CallTag, request: { models: string[] }): Promise<PriceTable>;
  /** A function of the user's configuration, called from a cell. */
  userTool(tag: CallTag, request: { file: string; tool: string; args: Json }): Promise<Json>;
}

export type ContextRequest =
  | { kind: 'file' | 'files'; pattern: string; snapshot: SnapshotKey }
  | { kind: 'value'; value: Json };

/** Local activity: writes pending notes as one marker when nothing else would carry them (design §3.5). */
export interface BraidLocalActivities {
  /** Gives the notes back as its result, because a marker keeps results, not inputs. */
  note(tag: CallTag): Promise<Note[]>;
}

/** One agent's work, whoever runs it. */
export interface AgentTask {
  prompt: PromptText;
  request: Omit<ModelRequest, 'messages'>;
  maxSteps: number;
  schemaTries: number;
  /** Whole time of the call in ms, or null. */
  timeoutMs: number | null;
}

/** What an `agent` child workflow gets. */
export interface AgentInput {
  tag: CallTag;
  task: AgentTask;
  /** The definition it was made from, or null. */
  definition: string | null;
  snapshot: SnapshotKey | null;
  /** The journal of the run that is resumed; an agent that cannot be served whole serves its own requests from it. */
  journal?: JournalRef;
  /** Whether the run caps requests or tokens, so that the child must ask its parent before each request. */
  capped: boolean;
  /** What is counted in its lease; absent: requests and output tokens. */
  kinds?: readonly BudgetKind[];
  /** The price of its model; absent where nothing caps USD. */
  prices?: PriceTable;
  engine: string;
}
