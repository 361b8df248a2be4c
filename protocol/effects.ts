/** Tools with effects, as workflows and activities speak of them: what of the configuration governs them, and the `effect` activity. */
import type { SnapshotKey, ToolResponse } from './activities.ts';
import type { Json, JsonObject } from './json.ts';
import type { OverlayRef } from './overlay.ts';
import type { PolicyRule } from './policy.ts';

/** Pinned into the run's input, because replay depends on it. */
export interface EffectSettings {
  rules: PolicyRule[];
  shell: ShellSettings;
  /** Absent: the configuration has no tools of its own for agents. */
  tools?: ToolSources;
}

/** Tools that a configuration adds. What servers are started with (keys, headers) stays in the file, which a worker reads. */
export interface ToolSources {
  /** Absolute path of the configuration. */
  file: string;
  /** The user's functions that say what input they take. */
  own: OfferedTool[];
  /** Names of MCP servers; their tools are `mcp__SERVER__TOOL`. */
  servers: string[];
}

/** A tool as a model is told of it. */
export interface OfferedTool {
  name: string;
  description: string;
  /** JSON Schema; its root is an object. */
  inputSchema: JsonObject;
}

export interface ShellSettings {
  /** Whether commands reach the network. They are then no longer repeatable. */
  network: boolean;
  /** Absolute paths that commands see at the same place, and folders of the workspace that they see in theirs; never to be written. */
  readOnly: string[];
  /** Longest time of one command, in seconds. */
  seconds: number;
}

/** What an agent's child gets when one of its tools has effects. */
export interface AgentEffects extends EffectSettings {
  /** Depth of the agent in the tree: 1 below the root. */
  depth: number;
  /** Names this execution of the run: what a person lets pass for "the rest of the run" is remembered under it. */
  run: string;
}

/** One execution of one tool call. */
export interface EffectRequest {
  /** The same for every attempt at this execution, and for no other one. */
  key: string;
  tool: string;
  input: Json;
  snapshot: SnapshotKey | null;
  /** The agent's overlay; null: nothing is changed yet. */
  overlay: OverlayRef | null;
  shell: ShellSettings;
  /** Of a tool that the configuration adds: the file, and the tool as it was offered. */
  added?: { file: string; offered: OfferedTool };
}

/** `unknown`: an earlier attempt began it, and nobody knows how far it came. */
export type EffectResponse = ToolResponse | { unknown: true };

/** Which tools servers have, read once for a run: whoever asks again under its name gets the same. */
export interface OfferRequest {
  run: string;
  file: string;
  servers: string[];
}

/** Whether a person let this very input pass for the rest of the run, and the note that one did. */
export interface ApprovalRequest {
  run: string;
  digest: string;
  remember: boolean;
}
