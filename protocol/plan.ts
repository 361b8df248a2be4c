/** Writing a script for a task: a run whose own script asks a model for a script, has it checked, and tells the model what is wrong. */
import type { JsonObject } from './json.ts';
import type { WorkspaceRef } from './run-input.ts';

/** By this name the script of a planner has a script checked; it is there in runs with `planner` only (protocol/run-input.ts). */
export const CHECK_PLAN = 'braid:check';

/** `args` of the script of a planner. */
export interface PlannerArgs {
  task: string;
  /** The dialect, and what is asked. */
  system: string;
  /** The task with all that is known of its surroundings. */
  prompt: string;
  tries: number;
}

/** What it returns. The run is `failed` with BRAID_PLAN_INVALID when `script` is no valid one, and keeps the value. */
export interface PlannerValue {
  /** The last script; null when no model gave one. */
  script: string | null;
  /** Why it cannot run; empty for a valid one. */
  problems: string[];
  /** What is odd about it. */
  notes: string[];
  tries: number;
  /** Why no model answered. */
  error: { code: string; message: string } | null;
}

/** What the `checkPlan` activity judges. */
export interface PlanCheckRequest {
  script: string;
  /** Names of the run's agents. */
  agents: string[];
  workspace: WorkspaceRef | null;
}

export interface PlanCheck extends JsonObject {
  /** Why it would not run; of places with line, column and a frame. */
  problems: string[];
  /** What would run, and is no good. */
  notes: string[];
}
