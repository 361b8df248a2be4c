import type { EffectSettings } from './effects.ts';
import type { ScriptHandover } from './handover.ts';
import type { JournalRef } from './journal.ts';
import type { Json, JsonObject } from './json.ts';
import type { CallTag } from './model-call.ts';
import type { Patch } from './overlay.ts';
import type { PriceTable } from './prices.ts';

/** Limits of a run, resolved by the client; null = none. Replay depends on them, so they are in the input (design §3). */
export interface RunLimits {
  concurrency: number;
  maxCalls: number;
  maxRequests: number | null;
  /** Absent in runs of older builds. */
  maxInputTokens?: number | null;
  maxOutputTokens: number | null;
  maxUsd: number | null;
  /** Wall time in ms without pauses. */
  maxTimeMs: number | null;
  maxDepth: number;
  onLimit: 'stop' | 'pause';
}

/** What model requests are counted by. */
export type BudgetKind = 'requests' | 'inputTokens' | 'outputTokens' | 'usd';

/** Caps of a part of a run: a phase, one call, a node. What is absent or null is not capped. `usd` in dollars, `timeMs` is wall time. */
export interface PartBudget {
  calls: number | null;
  outputTokens: number | null;
  requests?: number | null;
  inputTokens?: number | null;
  usd?: number | null;
  timeMs?: number | null;
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
  /** Run whose finished calls are reused (`--resume-from`); absent: none. The root opens its journal and hands it down. */
  resumeFrom?: string;
  /** Opened by the root, for the nodes below it. */
  journal?: JournalRef;
  /** Name of the run's snapshot, which the nodes below the root read as well; absent in the root and in runs of older builds. */
  snapshotName?: string;
  /** Events of history at which a script continues as new; absent: the default. For tests. */
  continueEvents?: number;
  /** Functions of the user's that `call()` reaches; absent: none. */
  toolModule?: ToolModule | null;
  /** Running calls can be skipped and begun anew (DW-52). Absent in runs of older builds: they replay without the scopes that this needs. */
  steerable?: true;
  /** Child nodes leave their journals as blobs when they close. Absent in runs of older builds. */
  keepJournal?: boolean;
  /** Agents may be given tools that change files. Absent in runs of older builds: their agents only read. */
  mayChange?: true;
  /** What of the configuration governs tools with effects; absent: the defaults. */
  effects?: EffectSettings;
  /** What the agents above a child node have changed: those of the node begin on it. */
  changes?: Patch;
  /** Its script writes scripts: it may have them checked (protocol/plan.ts). */
  planner?: true;
  /** Workflow id of the batch that this run is an item of: items share one snapshot, and show a state of their own only when they wait for a person. */
  batch?: string;
}

/** What a node below the root gets from its parent. */
export interface NodeParent {
  /** Tag of the call that this node answers. */
  tag: CallTag;
  /** Depth of the node in the tree: 1 for a child of the root. */
  level: number;
  /** Whether requests or tokens are capped above it. */
  capped: boolean;
  /** What is counted in leases from above; absent: requests and output tokens. */
  kinds?: readonly BudgetKind[];
  /** Prices that are known already; absent where nothing caps USD. */
  prices?: PriceTable;
  /** Caps of this node and all below it. */
  budget: PartBudget;
}

/** User tools: functions in `braid.config.ts` that run as activities, called from cells and by `call()`. */
export interface ToolModule {
  /** Absolute path of the configuration file that a worker loads. */
  file: string;
  tools: { name: string; description: string }[];
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
  /** Where the execution before this one stood, when the script continued as new. */
  handover?: ScriptHandover;
}
