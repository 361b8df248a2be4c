import type { Json, JsonObject } from './json.ts';
import type { CallTag } from './model-call.ts';

/** Limits of a run, resolved by the client; null = none. Replay depends on them, so they are in the input (design §3). */
export interface RunLimits {
  concurrency: number;
  maxCalls: number;
  maxRequests: number | null;
  maxOutputTokens: number | null;
  maxUsd: number | null;
  /** Wall time in ms without pauses. */
  maxTimeMs: number | null;
  maxDepth: number;
  onLimit: 'stop' | 'pause';
}

/** Which model serves which name. All values are `provider/model`. */
export interface RunModels {
  /** The run's default model. */
  main: string;
  /** Model of sub-calls of RLMs; same as main when not named. */
  sub: string;
  /** House names (`haiku`, `fast`) to `provider/model` (DW-16). */
  aliases: { [name: string]: string };
}

/** An agent definition (`.braid/agents/NAME.md`), resolved by the client; its content, not its name, enters a call's key. */
export interface AgentDefinition {
  name: string;
  description: string;
  /** System prompt. */
  prompt: string;
  model: string | null;
  /** Braid tool names, or null for all read tools. */
  tools: string[] | null;
  /** Where it came from, for messages: a path relative to the workspace, or `built-in`. */
  source: string;
}

/** The folder that agents read. The snapshot is taken by a worker and stored under `key`. */
export interface WorkspaceRef {
  /** Absolute path on the machine of client and worker. */
  root: string;
  /** `--base REF`: the diff of a git work tree against REF is part of the snapshot. */
  base: string | null;
}

/** What every node of a run gets: replay depends on all of it. */
export interface RunInput {
  limits: RunLimits;
  models: RunModels;
  agents: { [name: string]: AgentDefinition };
  workspace: WorkspaceRef | null;
  seed: string;
  /** Hash of the engine that started the run (design §3.6). */
  engine: string;
  strict: boolean;
  /** What ties a node to its tree; absent for the root. */
  parent?: NodeParent;
}

/** What a node below the root gets from its parent. */
export interface NodeParent {
  /** Tag of the call that this node answers. */
  tag: CallTag;
  /** Depth of the node in the tree: 1 for a child of the root. */
  level: number;
  /** Whether requests or tokens are capped above it. */
  capped: boolean;
  /** Caps of this node and all below it. */
  budget: { calls: number | null; outputTokens: number | null };
}

/** Start of a `script` workflow: a whole run's root, or a script that an RLM calls. */
export interface ScriptInput extends RunInput {
  /** The checked source, with `export` of meta blanked so that lines and columns stay the user's. */
  source: string;
  /** Hash of the source as the user wrote it. */
  sourceHash: string;
  /** Name for people: meta.name, else the file's. */
  name: string;
  /** File name for messages, as the user typed it. */
  file: string;
  meta: JsonObject | null;
  args: Json | null;
  /** False when `args` is to be `undefined` in the script. */
  hasArgs: boolean;
  /** Warnings of the check, shown in the run's log. */
  warnings: string[];
}
