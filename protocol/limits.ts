/**
 * Every number Braid enforces, with its reason. Change one here and nowhere else; numbers that replay depends on
 * (sandbox sizes, gas) are part of the engine's hash.
 */
export const KIB = 1024;
export const MIB = 1024 * KIB;

export const LIMITS = {
  /** Calls in flight per run. Model calls are remote I/O, so this follows providers' habits, not the CPU count. */
  concurrency: 16,
  /** Server tuning allows a burst of 5,000 results; 500 keeps a safe distance on servers we did not tune (facts §1). */
  maxConcurrency: 500,
  /** Calls over a run's life: a runaway loop ends as an error, not as a bill. */
  maxCalls: 1000,
  /** Items of one `parallel` or `pipeline`: the dialect's number (DW-22). */
  maxItems: 4096,
  /** Depth of the tree: script → workflow → agent … */
  maxDepth: 8,
  /** Source text of a script, in UTF-8 bytes. */
  scriptBytes: 512 * KIB,
  /** One prompt, in characters. Above this the provider refuses anyway; the error should say so before paying. */
  promptChars: 16 * MIB,
  /** A script's return value as JSON text, in characters: a larger one belongs into files. */
  resultChars: 32 * MIB,
  /** Turns of an agent with tools. */
  agentSteps: 50,
  /** Tries of a structured output (DW-12). */
  schemaTries: 5,
  /** Transport tries of one request (5xx, network, stall). Worker deaths do not count against it. */
  transportTries: 3,
  /** Attempts of one model activity, worker deaths included: a call that kills its worker must end. */
  activityAttempts: 12,
  /** Longest silence of a provider's stream before the call counts as stalled, in ms (design §8). */
  stallMs: 60_000,
  /** Whole time of one provider request, in ms. */
  requestMs: 30 * 60_000,
  /** A dead worker's calls are retried after this silence, in ms: longer than a worker's GC pause, short enough to watch. */
  heartbeatMs: 15_000,
  /** Output tokens sent as a bound when nobody names one: without it nothing could be reserved (design §8). */
  maxOutputTokens: 8192,
  /** Payloads above this many bytes leave history for the blob store (design §8). */
  blobBytes: 2 * KIB,
  /** Warn about the budget at this share of it. */
  budgetWarning: 0.8,
  /** A run ends with an error of its own before the server would terminate it (51,200 events, 50 MiB). */
  historyEvents: 45_000,
  historyBytes: 44 * MIB,
} as const;

/** The guest of a script workflow. The stack's size is observable, so it is one number for ever (facts §3). */
export const SCRIPT_SANDBOX = {
  memoryBytes: 64 * MIB,
  stackBytes: 128 * KIB,
  /** Gas of one turn (one settlement and the jobs it wakes). 1e8 loop heads are about 0.5 s. */
  gasPerTurn: 100_000_000,
  /** Gas of a whole run: a script that only computes has no business here. */
  gasTotal: 20_000_000_000,
  /** After this much gas in one workflow task the rest waits for the next one, so that no task trips the deadlock detector. */
  gasPerTask: 100_000_000,
  /** Messages a guest may send in one turn; 4,096 items × a few log lines fit. */
  messagesPerTurn: 20_000,
  /** Characters of messages a guest may send in one turn. */
  charsPerTurn: 48 * MIB,
} as const;

/** Workspace snapshots (design §1): beyond these a run needs a narrower `--cwd`. */
export const WORKSPACE = {
  files: 50_000,
  bytes: 2 * 1024 * MIB,
  /** Larger files are listed but not read. */
  fileBytes: 8 * MIB,
} as const;

/** What one tool call may return to a model. */
export const TOOL_OUTPUT = {
  chars: 32_000,
  lines: 2_000,
  /** Time of one search: a model's regex may backtrack for ever. */
  searchMs: 5_000,
} as const;
