/** Activities as workflows see them. Implemented in `activities/`; the first argument is always the {@link CallTag}. */
import type { Json } from './json.ts';
import type { CallTag, ModelRequest, ModelResponse } from './model-call.ts';
import type { AgentDefinition, WorkspaceRef } from './run-input.ts';

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
}

export interface BraidActivities {
  model(tag: CallTag, request: ModelRequest): Promise<ModelResponse>;
  tool(tag: CallTag, request: ToolRequest): Promise<ToolResponse>;
  snapshot(tag: CallTag, key: SnapshotKey): Promise<SnapshotInfo>;
  loadScript(
    tag: CallTag,
    request: { ref: string | { scriptPath: string }; workspace: WorkspaceRef | null; caller: string },
  ): Promise<LoadedScript>;
}

/** Local activity: writes pending notes as one marker when nothing else would carry them (design §3.5). */
export interface BraidLocalActivities {
  note(tag: CallTag): Promise<void>;
}

/** What an `agent` child workflow gets. */
export interface AgentInput {
  tag: CallTag;
  prompt: string;
  request: Omit<ModelRequest, 'messages' | 'system'> & { system: string };
  definition: Pick<AgentDefinition, 'name' | 'source'>;
  snapshot: SnapshotKey | null;
  maxSteps: number;
  schemaTries: number;
  /** Caps the child works under; null = none. */
  lease: { requests: number | null; outputTokens: number | null };
  engine: string;
}
