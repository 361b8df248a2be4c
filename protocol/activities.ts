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
import type {
  AgentEffects,
  ApprovalRequest,
  EffectRequest,
  EffectResponse,
  OfferedTool,
  OfferRequest,
} from './effects.ts';
import type { MergeResult, OverlayRef, Patch } from './overlay.ts';
import type { ReplStepRequest, ReplStepResult } from './repl.ts';
import type { PlanCheck, PlanCheckRequest } from './plan.ts';
import type { PriceTable } from './prices.ts';
import type { BudgetKind, WorkspaceRef } from './run-input.ts';

export interface ToolRequest {
  tool: string;
  input: Json;
  /** Key of the run's snapshot; null when the run has no workspace. */
  snapshot: SnapshotKey | null;
  /** Of an agent that works on changes of its own: those so far, null before the first. Absent: the tools only read, and only the snapshot. */
  overlay?: OverlayRef | null;
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
  /** The changes after this call, when it changed something. */
  overlay?: OverlayRef;
}

export interface ReadRecord {
  kind: 'file' | 'list' | 'search' | 'diff' | 'git';
  what: string;
  hash: string;
  /** The changes through which it was seen; absent: none. Files that the changes themselves hold are no reads of the workspace. */
  overlay?: OverlayRef;
}

/** What an agent changed, from the overlay that it began on to the one it left. */
export interface PatchRequest {
  /** Whose it is. */
  id: string;
  snapshot: SnapshotKey;
  overlay: OverlayRef;
  from: OverlayRef | null;
}

export interface MergeRequest {
  /** Of the patch that is made. */
  id: string;
  snapshot: SnapshotKey;
  /** At a conflict the earlier one stays. */
  patches: Patch[];
  /** Overlays that the first patch is known to hold, beside its own and the one that it began on. */
  includes?: OverlayRef[];
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

/** A script that was saved under a name (DW-01). */
export interface SavedWorkflow {
  name: string;
  description: string | null;
  /** JSON Schema of its args, when its `meta` declares one. */
  args: JsonObject | null;
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
  /** What can be called with `workflow()`; broken scripts are listed as well. */
  savedWorkflows(tag: CallTag, request: { workspace: WorkspaceRef | null }): Promise<SavedWorkflow[]>;
  /** What is wrong with a script that a model wrote. */
  checkPlan(tag: CallTag, request: PlanCheckRequest): Promise<PlanCheck>;
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
  /** Null: nothing was changed. Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT, BRAID_GIT. */
  patch(tag: CallTag, request: PatchRequest): Promise<Patch | null>;
  /** Lays patches one onto the other, by lines. Errors: as `patch`, BRAID_OVERLAY_TOO_LARGE. */
  merge(tag: CallTag, request: MergeRequest): Promise<MergeResult>;
  /** A function of the user's configuration, called from a cell. */
  userTool(tag: CallTag, request: { file: string; tool: string; args: Json }): Promise<Json>;
  /** One execution of a tool with effects, at most once. Errors: BRAID_SHELL_UNAVAILABLE. */
  effect(tag: CallTag, request: EffectRequest): Promise<EffectResponse>;
  /** Tools of MCP servers. Errors: BRAID_MCP_FAILED, BRAID_CONFIG. */
  offerTools(tag: CallTag, request: OfferRequest): Promise<OfferedTool[]>;
  /** Whether a person let this input pass for the rest of the run; `remember`: one just did. */
  approval(tag: CallTag, request: ApprovalRequest): Promise<{ remembered: boolean }>;
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
  /** It reads through an overlay, which it may change when it `writes`; `from` null: the bare snapshot. Absent: it only reads the snapshot. */
  overlay?: { from: OverlayRef | null; writes: boolean };
  /** What governs those of its tools that have effects; absent: it has none. */
  effects?: AgentEffects;
}
