import type { Json, JsonObject } from './json.ts';

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

/** Start of a `script` workflow: a whole run's root, or a script that a script calls. */
export interface ScriptInput {
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
  limits: RunLimits;
  models: RunModels;
  agents: { [name: string]: AgentDefinition };
  workspace: WorkspaceRef | null;
  seed: string;
  /** Hash of the engine that started the run (design §3.6). */
  engine: string;
  strict: boolean;
}
