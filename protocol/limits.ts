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
  /** Calls refused at a limit before the run ends: more than one `parallel` can hold, too few to keep a task busy. */
  maxRefusals: 10_000,
  /** Items of one `parallel` or `pipeline`: the dialect's number (DW-22). */
  maxItems: 4096,
  /** Depth of the tree: script → workflow → agent … */
  maxDepth: 8,
  /** Scripts that run at once at one depth below the root: each holds a sandbox of 64 MiB. */
  nestedScripts: 8,
  /** Source text of a script, in UTF-8 bytes. */
  scriptBytes: 512 * KIB,
  /** One prompt, in characters. Above this the provider refuses anyway; the error should say so before paying. */
  promptChars: 16 * MIB,
  /** A script's return value as JSON text, in characters: a larger one belongs into files. */
  resultChars: 32 * MIB,
  /** Turns of an agent with tools. */
  agentSteps: 50,
  /** Tool calls of one turn that are run: a model that asks for more is told so; 2,000 pending ones would fail the task. */
  toolCallsPerTurn: 64,
  /** Tries of a structured output (DW-12). */
  schemaTries: 5,
  /** Transport tries of one request (5xx, network, stall). Worker deaths do not count against it. */
  transportTries: 3,
  /** Attempts of one model activity, worker deaths included: a call that kills its worker must end. */
  activityAttempts: 12,
  /** How often in a row a provider may ask us to slow down before the call fails; with its doubling waits about 15 minutes. */
  rateLimitWaits: 20,
  /** Longest silence of a provider's stream before the call counts as stalled, in ms (design §8). */
  stallMs: 60_000,
  /** Whole time of one provider request, in ms. */
  requestMs: 30 * 60_000,
  /** A dead worker's calls are retried after this silence, in ms: longer than a worker's GC pause, short enough to watch. */
  heartbeatMs: 15_000,
  /** A killed worker's workflow tasks wait for these two, in ms; a cold replay must fit (facts §1). */
  workflowTaskMs: 5_000,
  stickyMs: 2_000,
  /** Output tokens sent as a bound when nobody names one: without it nothing could be reserved (design §8). */
  maxOutputTokens: 8192,
  /** Payloads above this many bytes leave history for the blob store (design §8). */
  blobBytes: 2 * KIB,
  /** Warn about the budget at this share of it. */
  budgetWarning: 0.8,
  /** A script continues as new when its history is this long: the server suggests it at 4,096 events or 4 MiB (facts §2). */
  continueEvents: 4_000,
  continueBytes: 4 * MIB,
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
  /** What the host's own work for one settlement counts as: 0.1 ms. */
  gasPerSettlement: 20_000,
  /** What the host's own work for starting one call counts as: 1 ms, most of it promises (each costs a stack trace). */
  gasPerCall: 200_000,
  /** Messages a guest may send in one turn; 4,096 items × a few log lines fit. */
  messagesPerTurn: 20_000,
  /** Characters of messages a guest may send in one turn. */
  charsPerTurn: 48 * MIB,
} as const;

/** The guest of an RLM's REPL. It runs in a thread with a stack of its own, so its stack may be larger than a script's. */
export const REPL_SANDBOX = {
  memoryBytes: 256 * MIB,
  stackBytes: 512 * KIB,
  /** Stack of the thread that runs it: about 30 times the guest's (facts §3). */
  threadStackMb: 16,
  /** Gas of one turn, about 10 s of computing: waiting for models costs none (RL-62). */
  gasPerTurn: 2_000_000_000,
  gasTotal: 200_000_000_000,
  messagesPerTurn: 100_000,
  charsPerTurn: 512 * MIB,
} as const;

/** Sessions of a worker and their turns. */
export const REPL = {
  /** A thread that is ended may finish packing a heap: it takes some 10 ms (activities/repl/ending.ts). */
  packMs: 2_000,
  /** Guest memory of all live sessions of a worker; the one used longest ago goes first. */
  liveBytes: 1024 * MIB,
  /** Live sessions of a worker, whatever they weigh: each is a thread. */
  liveSessions: 32,
  /** Turns that run at once for each CPU: more only slow each other down, until they run out of time. */
  turnsPerCpu: 4,
  /** A session that nobody asks for this long is closed, in ms: building it anew costs less than keeping its memory. */
  idleMs: 10 * 60_000,
  /** Threads kept without a session: the next one opens without waiting for a thread to start. */
  spareThreads: 2,
  /** … and kept for a while after their sessions, so that a batch of recursive calls does not start one for each. */
  restingThreads: 12,
  restingMs: 30_000,
  /** A context operation (a search with a model's regex) is stopped after this time, in ms. */
  operationMs: 5_000,
  /** … and after the time that reading the whole context takes: so many characters in a ms, from a slow disk, hashed. */
  scanCharsPerMs: 50_000,
  /** Heap of a session's thread beside the guest's memory, in MiB: what cells print, ask and find. */
  threadHeapMb: 1_024,
  /** A turn that its own worker does not take within this time goes to any other, in ms. */
  pickupMs: 2_000,
  /** Whole time of a turn, in ms: gas ends it long before; building a session anew is part of it. */
  turnMs: 120_000,
  /** Characters of a cell's output that the model sees: so many of the head, so many of the tail (design §11). */
  outputHead: 8_000,
  outputTail: 8_000,
  /** Texts of calls above this many characters are passed by reference. */
  inlineChars: 2_000,
  /** A final whose JSON is longer is passed by reference. */
  finalChars: 1_048_576,
  /** Calls of one turn: a cell that asks for more gets an error for the rest. */
  callsPerTurn: 4_096,
  /** User tools of a node at work at once: 2,000 pending activities would fail the workflow task. */
  toolsAtOnce: 64,
  /** Items of one batch. */
  batchItems: 10_000,
  /** Turns that are replayed within this many ms are not worth a heap snapshot: finding out that a worker died takes seconds. */
  replayMs: 100,
  /** Turns after which a heap snapshot is taken even when replaying them is quicker than taking it. */
  snapshotTurns: 50,
  /** Heap snapshots of a session that are kept: the newest may belong to a turn whose result was never reported. */
  snapshotsKept: 2,
  /** Heap snapshots whose changed pages are larger than this are not worth it: replay is asked instead. */
  snapshotBytes: 64 * MIB,
  variablesShown: 40,
  previewChars: 200,
  /** Slices up to this many characters are plain strings in cells, longer ones stay references until they are read. */
  lazyChars: 16 * KIB,
  /** Characters of a text that become one string in a cell: with its copies it must fit into the guest's memory. */
  stringChars: 16 * MIB,
  /** Hits of one search. */
  hits: 100_000,
} as const;

/** Gas that operations on a context cost: the host works for them, and a cell must not keep it busy for nothing. */
export const TEXT_GAS = {
  /** Each operation, whatever it does. */
  operation: 2_000,
  /** Characters that cost one unit: handed out, scanned for a literal text, scanned by a pattern. */
  readChars: 32,
  literalChars: 16,
  patternChars: 4,
} as const;

/** The loop of an RLM. */
export const RLM = {
  iterations: 20,
  maxIterations: 1_000,
  depth: 1,
  /** Cells of one answer that are run. */
  cellsPerTurn: 16,
  /** Identical failures in a row, and turns without progress, that end a node (RL-09). */
  sameErrors: 3,
  idleTurns: 3,
  /** Losses of one and the same turn that make a crash loop (RL-64). */
  lostTurns: 2,
  /** Characters of a question that the first prompt shows whole; of a longer one head and tail. */
  questionChars: 4_000,
  /** Transcript size in characters that starts compaction: about 100,000 tokens. */
  compactChars: 400_000,
  /** Newest turns that compaction leaves as they are. */
  keepTurns: 4,
  /** Context that a recursive call at the depth limit may put into one plain prompt, in characters. */
  plainContextChars: 400_000,
} as const;

/** Contexts of RLMs. */
export const CONTEXT = {
  /** Text of one chunk in the store: one read, one hash. */
  chunkBytes: 4 * MIB,
  /** All texts of one context together. */
  bytes: 4 * 1024 * MIB,
  parts: 100_000,
  /** Start and end of a text that a first prompt shows, and parts that it names. */
  previewHead: 600,
  previewTail: 300,
  previewNames: 20,
  /** Documents that are converted (PDF, DOCX, HTML) are read whole. */
  documentBytes: 256 * MIB,
  /** JSON values up to this size are parsed in the guest. */
  jsonChars: 8 * MIB,
  /** Characters that one operation may hand to a guest as one string. */
  stringChars: 64 * MIB,
  /** Chunks held in memory while a text is stored: one is hashed while others are written. */
  chunksInFlight: 3,
  /** A regular expression sees so much text at once; a match is whole when it is no longer than `matchChars`. */
  windowChars: 8 * MIB,
  matchChars: MIB,
  /** Text of a hit that is shown. */
  hitChars: 2_000,
  /** Pieces that one call may cut a text into: each is an object in the guest. */
  spans: 200_000,
  /** A thread that reads a chunk for all others is done in milliseconds; after this it is taken for dead, in ms. */
  loadWaitMs: 1_000,
  /** Time and heap that converting one document may take, in ms and MiB. */
  convertMs: 120_000,
  convertHeapMb: 1_024,
} as const;

/** Workspace snapshots (design §1): beyond these a run needs a narrower `--cwd`. */
export const WORKSPACE = {
  files: 50_000,
  bytes: 2 * 1024 * MIB,
  /** Larger files are listed but not read. */
  fileBytes: 8 * MIB,
  /** A file with a NUL byte in this much of its start is binary: git's rule. */
  sniffBytes: 8 * KIB,
  /** Files read at once: more only queue up behind the four threads of libuv. */
  parallelReads: 16,
  /** A longer `.gitignore` is cut, a longer rule left out: rules are tested against every path. */
  ignoreFileBytes: 64 * KIB,
  ignoreLineChars: 1_000,
  /** Wildcards in one path segment of an ignore rule: a regex of more can backtrack for hours on a hostile file name. */
  ignoreWildcards: 3,
  /** The diff of `--base`; a larger one is no review but a migration. */
  diffBytes: 64 * MIB,
  /** A file changed this shortly before it was read may change again within the same clock tick, so it is read anew next time. */
  racyMs: 20,
  /** The same for file systems that keep whole seconds. */
  racyCoarseMs: 2_000,
  /** Manifests that a worker keeps in memory: 50,000 files are about 20 MB. */
  manifestsKept: 4,
} as const;

/** What agents may change of a workspace, and what is told of it. */
export const OVERLAY = {
  /** Files that differ from the snapshot. */
  files: 5_000,
  /** One of them: as large as a file that can be read. */
  fileBytes: WORKSPACE.fileBytes,
  /** All of them together. */
  bytes: 256 * MIB,
  /** Text of an overlay itself: paths, hashes and sizes of all files, and of what they replaced. */
  textBytes: 8 * MIB,
  /** A path, and one name in it, in bytes: what file systems take. */
  pathBytes: 4_096,
  nameBytes: 255,
  /** A patch as text: all changed files, before and after, binary ones as base 85. */
  patchBytes: 1024 * MIB,
  /** Conflicts of a merge that are told, places of one file among them, and of each place so many characters: they become a script's value. */
  conflicts: 500,
  hunks: 50,
  hunkChars: 4_000,
  /** Time of one git command: all changed files go through it. */
  gitMs: 120_000,
  /** Files that are read at once for a patch. */
  parallelReads: 8,
  /** Files that are merged at once: each is a git command. */
  parallelMerges: 4,
  /** Places that an ambiguous edit is told, and the lines near one that was not found. */
  placesShown: 10,
} as const;

/** The blob store. */
export const STORE = {
  /** Blobs just written or read stay in memory: a payload is decoded right after it was encoded. */
  cacheBytes: 64 * MIB,
  /** Files written at once, so that a burst of results never runs out of file descriptors. */
  parallelWrites: 32,
  /** Files up to this size are read and written without the thread pool. */
  smallBytes: 64 * KIB,
  /** Of a value that left history, this much of its start stays there for people. */
  previewChars: 200,
  /** A blob that is used again counts as new when it is older than this: writing that down each time would cost too much. */
  touchMs: 60 * 60_000,
  /** Garbage is at least this old: what was just written, or touched, may belong to a run that is about to start. */
  graceMs: 2 * 60 * 60_000,
  /** Records of calls are of use while an attempt may come; a server may be away for long. */
  callsMs: 30 * 24 * 60 * 60_000,
  /** Left-overs of killed writers are removed after this age. */
  tempAgeMs: 24 * 60 * 60_000,
} as const;

/** What one tool call may return to a model. */
export const TOOL_OUTPUT = {
  chars: 32_000,
  lines: 2_000,
  /** Time of one search: a model's regex may backtrack for ever. */
  searchMs: 5_000,
  /** Of one line; minified code has lines of megabytes. */
  lineChars: 2_000,
  /** Of a pattern: longer ones are a mistake of the model. */
  patternChars: 1_000,
  /** Searches at once per worker process; more only fight for the CPU. */
  searchThreads: 2,
  /** Heap of a search thread, in MiB. */
  searchHeapMb: 512,
  /** Time of one git command. */
  gitMs: 20_000,
  /** Commits that one `git_log` lists. */
  gitCommits: 100,
} as const;

/**
 * What a request's input tokens are at most (request-bound.ts). A token of text stands for at least one byte of its UTF-8; what
 * providers put around texts (roles, separators, how tools are described to the model) is no text of ours.
 */
export const TOKEN_BOUND = {
  /** A UTF-16 unit, by which texts are counted, is at most three bytes of UTF-8. */
  bytesPerUnit: 3,
  /** A request as such. The longest known frame, for the use of tools, has about 350 tokens. */
  perRequest: 512,
  /** Role and separators of a message; ids and names of a tool call and of its result. */
  perMessage: 32,
  perToolCall: 64,
  /** A tool that Braid offers: name, description and schema of the longest have 726 bytes. */
  perTool: 800,
} as const;

/** Inside one model activity. */
export const MODEL_CALL = {
  /** A sign of life while the provider is silent, in ms: a third of the heartbeat timeout, at most this. */
  heartbeatEveryMs: 4_000,
  /** A call that takes no longer sends no heartbeat. */
  firstBeatMs: 1_000,
  /** At most one heartbeat with new token counts in this time. */
  progressEveryMs: 1_000,
  /** A request whose attempt was lost (not cancelled) goes on this long, for the next attempt to join it. */
  orphanMs: 8_000,
  /** Wait before a transport retry: this × 2^n with jitter, unless the provider names a time. */
  retryBaseMs: 500,
  retryMaxMs: 30_000,
  /** A provider that asks for a longer pause than this is asked again after it anyway. */
  retryAfterMaxMs: 60 * 60_000,
  /** Characters kept of a provider's own error message. */
  messageChars: 500,
  /** Characters kept of a finding about a structured output. */
  problemChars: 2_000,
  /** Time to judge a value against a schema that holds regexes or references: a script's regex may backtrack for ever. */
  judgeMs: 2_000,
  /** Nesting of a schema: deeper ones are refused, not walked. */
  schemaDepth: 64,
} as const;

/** How a worker paces its requests to one provider, key and model. Times in ms. Nothing of this acts before a provider refuses something. */
export const FLOW = {
  /**
   * Requests in flight with a provider that nobody knows yet: more than the default window of a run, so that one run, or a batch a
   * little wider, does not wait for the first answers. A provider that takes 8 refuses 16 of them, once; with 32, of 200 calls more
   * than a tenth would be asked in vain.
   */
  firstWidth: 1.5 * LIMITS.concurrency,
  /** A refusal comes at once: a request that was not refused for so long was taken, whenever its answer begins. */
  verdictMs: 300,
  /** … or for twice as long as the slowest refusal took, at most this. */
  maxVerdictMs: 3_000,
  /** A known wait up to this is waited inside the activity; a longer one is a durable timer of the workflow. */
  waitMs: 10_000,
  /** Longest wait inside the activity for requests in flight to end, of which nobody knows how long it is. */
  queueMs: 60_000,
  /** Requests of one run that wait inside activities, each in one of the worker's slots; the others come back later. */
  queuedPerRun: 64,
  /** … after this, when nobody knows how long it will be. */
  comeBackMs: 5_000,
  /** After a refusal without Retry-After: this, doubling with each request that is refused in turn. */
  pauseMs: 1_000,
  maxPauseMs: 60_000,
  /** Refusals in a row from which on a call that is not even sent counts as told to slow down (LIMITS.rateLimitWaits). */
  refusalsThatCount: 3,
  /** The width stays below what was refused for this long, doubled with each attempt that is refused again. */
  holdMs: 60_000,
  maxHoldMs: 15 * 60_000,
  /** Requests to a provider that refused some are sent no closer to each other than their share of a call's time, and than this. */
  maxGapMs: 250,
  gapShare: 0.75,
  /** What headers say of a budget is believed for so long: then one request asks anew. */
  beliefMs: 60_000,
  /** Samples with the same period that make a budget one that refills steadily; how equal the periods, how different the amounts. */
  steadySamples: 3,
  steadyWithin: 0.1,
  steadyApart: 1.5,
  /** Budgets that were used up right after they were said to be full: such headers are not believed again. */
  lies: 2,
  /** A provider without credit is asked no more often than this, whatever runs want. */
  quotaPauseMs: 2_000,
  /** A run that is parked for want of credit asks again by itself, with one call, after this. */
  quotaProbeMs: 10 * 60_000,
  /** Providers, keys and models that a worker keeps what it learned of: model names come from scripts. */
  kept: 500,
} as const;

/**
 * Gates: where a run waits for a person. Their answers are judged inside the workflow, where nothing can stop a computation, so the
 * work of judging is bounded before it begins.
 */
export const GATES = {
  /** Open at once in one execution: nobody answers more, and each is a line in every list. */
  open: 500,
  /** Texts that a person is to read. */
  questionChars: 20_000,
  detailsChars: 200_000,
  /** JSON text of a schema, and of an answer. */
  schemaChars: 20_000,
  answerChars: 200_000,
  /** The server takes no longer timers than a few decades; nobody waits so long. */
  timeoutMs: 10 * 365 * 86_400_000,
  /** Of the answer, so much stands in the run's story. */
  shownChars: 2_000,
  /** Parts of a schema times parts of an answer: 0.2 s of judging. */
  judgeSteps: 2_000_000,
  /** Steps that the regular expressions of a schema may need over an answer, backtracking included: 0.2 s as well. */
  patternSteps: 20_000_000,
  /** A pattern is refused when it needs more than that for a text of so many characters. */
  patternTextChars: 200,
} as const;

/** What agents' tools may do (protocol/policy.ts). */
export const POLICY = {
  rules: 200,
  patternChars: 1_000,
  /** Members of an input that are longer are matched by no pattern. */
  inputChars: 100_000,
  /** Lines about tools with effects that one agent leaves in the run's log. */
  notes: 50,
} as const;

/** MCP servers. */
export const MCP = {
  /** From its start to its list of tools, and one call of a tool, in ms. */
  startMs: 30_000,
  callMs: 120_000,
  /** One message of a server, in bytes: a server that says more at once is ended. */
  messageBytes: 16 * MIB,
  /** Tools of one server, and the JSON of one of them, in characters. */
  tools: 128,
  toolChars: 50_000,
} as const;

/** Commands in the sandbox. Times in ms, sizes in bytes. */
export const SHELL = {
  /** Longest time of a command, unless it or the configuration says another. */
  seconds: 120,
  maxSeconds: 3_600,
  /** CPU time of one process, in seconds; all of them together have the command's time on each core. */
  cpuSeconds: 1_800,
  /** Processes and threads at once: a test runner needs dozens, a fork bomb would take thousands. */
  processes: 256,
  openFiles: 1_024,
  /** Private memory of one process, and resident memory of all. */
  dataBytes: 2 * 1024 * MIB,
  memoryBytes: 2 * 1024 * MIB,
  /** One file, and by how much the workspace may grow. */
  fileBytes: 64 * MIB,
  grownBytes: 256 * MIB,
  grownFiles: 20_000,
  /** Folders in folders, in characters of the path: deeper ones cannot be walked. */
  pathChars: 2_000,
  /** Memory that holds /tmp, and /dev/shm. */
  tmpBytes: 256 * MIB,
  shmBytes: 16 * MIB,
  /** A command that prints more is ended. */
  outputBytes: 16 * MIB,
  /** Characters of the output that a model sees, at its head and at its tail. */
  headChars: 8_000,
  tailChars: 8_000,
  commandChars: 32_000,
  /** How often memory is looked at; the disk costs more to look at, and gets this share of the time. */
  watchMs: 200,
  diskShare: 0.1,
  /** The sandbox is set up within this time, or there is none. */
  setupMs: 10_000,
  /** Commands at once per worker. */
  atOnce: 4,
} as const;

/** Finding, starting and stopping a Temporal server and the processes beside it (design §10). Times in ms. */
export const SERVER = {
  /** Temporal's own ports; the next free ones when these are taken. */
  port: 7233,
  uiPort: 8233,
  /** A server that is there answers in 10 ms: no command should wait longer to learn that none is. */
  probeMs: 2_000,
  /** Start-up is about 2 s; a large database that was killed takes longer to recover. */
  startMs: 60_000,
  /** Tries, when a port that the binary picks for itself is taken. */
  starts: 3,
  /** After SIGTERM a server writes its database out (1.4 s measured); then SIGKILL. */
  stopMs: 10_000,
  /** A worker gets this long to finish calls that are paid for before SIGKILL. */
  workerStopMs: 30_000,
  /** `temporal --version` from a cold disk: the binary is 250 MB. */
  versionMs: 15_000,
  /** A download that moves no byte for this long counts as no network. */
  downloadSilenceMs: 20_000,
  /** `go install` takes 2.5 minutes on 2 cores; a slow machine may need much more. */
  buildMs: 30 * 60_000,
  /** Pause between two lines that say a build is still running. */
  buildTickMs: 15_000,
  /** Longest wait for another process that starts, downloads or builds a server. */
  lockMs: 35 * 60_000,
  /** Log files are moved aside at this size when a process starts. */
  logBytes: 10 * MIB,
} as const;

/** Bounds of the script check: a hostile source must not keep the process that checks it busy. */
export const SCRIPT_CHECK = {
  /** Names whose redeclaration is checked (the parser's work grows with their square); the engine judges the others. */
  names: 5_000,
  /** Characters of a regex that is checked before the run, for the same reason. */
  regexChars: 4_096,
  /** Characters of `meta.name`: it becomes a search attribute. */
  metaNameChars: 200,
  /** Warnings of one kind that are listed; the rest is a number. */
  warnings: 10,
} as const;

/** What a user may set, smallest and largest: beyond these a number is a slip, not a wish. */
export const SETTING_BOUNDS = {
  concurrency: { min: 1, max: LIMITS.maxConcurrency },
  maxCalls: { min: 1, max: 1_000_000 },
  maxRequests: { min: 1, max: 10_000_000 },
  maxInputTokens: { min: 1, max: 1e12 },
  maxOutputTokens: { min: 1, max: 1e12 },
  /** A thousandth of a cent is below the price of any request; nano-dollars of a million are still exact (workflows/ledger/amounts.ts). */
  maxUsd: { min: 0.000_01, max: 1e6 },
  maxTimeMs: { min: 1_000, max: 365 * 24 * 60 * 60_000 },
  maxDepth: { min: 1, max: 64 },
  /** Of all workers of a store together (worker/max-rate.ts): from one in a minute to more than a server hands out. */
  requestsPerSecond: { min: 1 / 60, max: 100_000 },
  /** Of an RLM: turns of its loop, levels of its recursion. */
  iterations: { min: 1, max: RLM.maxIterations },
  depth: { min: 0, max: 64 },
} as const;

/** Agent definitions travel with a run's input, so a folder full of them must not make every run heavy. */
export const AGENT_FILES = {
  /** One definition. */
  bytes: 256 * KIB,
  /** Definitions of one run. */
  count: 500,
  /** All definitions of one run together. */
  totalBytes: 4 * MIB,
} as const;

/** Journals of finished calls. */
/** Keeping the journals of closed runs (worker/keeper.ts). */
export const KEEPER = {
  /** Between two rounds, in ms. A query of the server's list of closed runs, and nothing else when none is new. */
  everyMs: 30_000,
  /** Runs that one worker looks at in its life. */
  runs: 100_000,
} as const;

export const JOURNAL = {
  /** One part, which a workflow gets as one activity result; a larger entry has a part of its own. */
  partBytes: 512 * KIB,
  /** Histories of children that are read at once. */
  histories: 16,
  /** Indexes that a worker keeps parsed: all nodes of a run ask for the same one. */
  indexes: 8,
} as const;

/** Exports of trajectories: of one text that was passed by reference, so many characters stand in the export. */
export const EXPORT = { textChars: MIB } as const;

/** What programs are told of the things that they can call by name. */
export const CALLABLES = {
  /** Characters of an agent's prompt. */
  promptChars: 400,
  /** Names in a message that a name is unknown. */
  named: 50,
} as const;

/** Agents that ask others. */
export const DELEGATE = {
  /** Characters of one result that the asking agent sees: what it gets stays in every later request of its. */
  resultChars: 32_000,
  /** Changed files that are named beside a result. */
  files: 20,
  /** Saved workflows whose descriptions are read for a list of what can be asked; others are named. */
  described: 50,
  descriptionChars: 400,
} as const;

/** Comparing a script with an RLM (`braid compare`). */
export const COMPARE = {
  /** Pieces of the context that the script makes, one agent each. */
  pieces: 6,
  maxPieces: 100,
  /** Runs of each side: three tell chance from habit, and are paid for. */
  repeat: 3,
  maxRepeat: 20,
  /** Characters of the context: its pieces stand in prompts, and an export holds no more of one text. */
  contextChars: EXPORT.textChars,
  /** Shortest passage, in characters, by which a prompt is found to show the context: shorter ones are alike by chance. */
  passage: 16,
  /** Places in the context that are tried for a passage that stands there often. */
  candidates: 256,
  /** Rows of a timeline and of a tree on the terminal; the rest is a number. */
  rows: 30,
  /** Characters that are shown of a difference. */
  differenceChars: 60,
} as const;

/** Text that a command reads from its standard input, in bytes. */
export const STDIN_BYTES = 32 * MIB;

/** Workflows that were saved from runs, and their tests. */
export const SAVED = {
  /** A script that plays longer than this in a test is ended, in ms: with answers at hand it only computes. */
  playMs: 60_000,
  /** Stack of the thread that plays it: about 30 times the guest's (facts §3). */
  threadStackMb: 4,
  /** Characters of a context that becomes `args` of a saved workflow, and so a part of its recorded calls. */
  contextChars: 8 * MIB,
  /** Bytes of a file of recorded calls. */
  callsBytes: 64 * MIB,
  /** Runs that `braid mine` reads, the newest first. */
  minedRuns: 200,
} as const;

/** Batches: one script over many items. Times in ms. */
export const BATCH = {
  /** Items in flight: calls of all of them share the worker, as those of one run do. */
  window: LIMITS.concurrency,
  maxWindow: LIMITS.maxConcurrency,
  /** Items of one batch. */
  items: 1_000_000,
  /** One item, in bytes: larger material belongs into files that the item names. */
  itemBytes: 4 * MIB,
  /** One page of items, as it is stored and as a workflow asks for it; a larger item is a page of its own. */
  pageItems: 500,
  pageBytes: 256 * KIB,
  /** Lines that one activity appends to the results. With `valueChars` for each, they stay below 1 MiB. */
  group: 50,
  /** A value whose JSON is longer goes into the store; the results refer to it. */
  valueChars: 16 * KIB,
  /** Ended items whose lines are fewer than a group wait this long for company. */
  lingerMs: 1_000,
  /** A batch continues as new after so many events: a cold replay of them takes less than the sticky timeout. */
  historyEvents: 6_000,
  historyBytes: 4 * MIB,
  /** Before that, items in flight get this long to end; later ones are handed over. */
  drainMs: 5_000,
  /** Handed-over items are looked at in this pace: so long for each of them, within these bounds. */
  lookMs: 50,
  minLookMs: 1_000,
  maxLookMs: 30_000,
  /** One activity looks for so long. */
  awaitMs: 5 * 60_000,
  /** Attempts of a batch's own activities, hours of them: a full disk must park a batch, not end it. */
  attempts: 500,
  /** After a cancellation, items get this long to end. */
  cancelMs: 120_000,
  /** Bad lines of an items file that are named on the terminal. */
  badShown: 10,
  /** An attached command looks for new lines, tells how far it is on a terminal, and on a pipe. */
  pollMs: 500,
  tellMs: 1_000,
  tellPipeMs: 10_000,
  /** The rate, and the time left that follows from it, are those of this last stretch. */
  rateMs: 60_000,
} as const;

/** Listing runs. */
export const LIST = {
  /** Executions asked for at once, where only their ids are wanted. */
  pageSize: 500,
  /** Runs that wait for a person: more questions than people answer. */
  waiting: 1_000,
  /** Executions that went on in another one and are looked at, for when their run began: some ms a thousand. */
  chains: 2_000,
} as const;

/** Plans: writing a script for a task, and reading of a script what it would do. */
export const PLAN = {
  /** Scripts that a model may write for one task. */
  tries: 5,
  /** Parts of a script that reading it walks through; each is some 0.1 µs. */
  steps: 300_000,
  /** Functions within functions. */
  depth: 60,
  /** A list up to this long is walked item by item. */
  unrolled: 32,
  /** … and one up to this long known item by item. */
  listed: 500,
  /** Scripts within scripts whose calls are counted. */
  nested: 3,
  /** Input tokens of a request that an estimate of costs assumes where only the run will tell. */
  inputTokens: 20_000,
  /** What a planner is told of the workspace: paths, characters, and of each description. */
  paths: 200,
  outlineChars: 8_000,
  descriptionChars: 240,
  /** Saved agents, workflows and tools that it is told of, of each kind. */
  named: 50,
  /** Characters of a task, and of args that it is shown. */
  taskChars: 100_000,
  argsChars: 4_000,
  /** Problems of a script that it is told. */
  problems: 10,
} as const;

/** Watching a run. Times in ms. */
export const WATCH = {
  /** Histories of children that are followed at once: as many as the default window has calls. */
  children: LIMITS.concurrency,
  /** Pause between two reads of a child's history, and between two looks for children. */
  childMs: 1_000,
  /** Pause between two questions for what is pending (attempts, heartbeats). */
  describeMs: 1_000,
  /** Pause between two questions for workers. */
  workerMs: 2_000,
  /** A worker that is there polls at least once a minute (the server's long poll); after this silence none is there. */
  pollerMs: 75_000,
  /** A run without a worker for so long is worth a word (a worker that just starts is not). */
  graceMs: 5_000,
  /** A quick question; the server answers in a few ms. */
  rpcMs: 3_000,
  /** An update (an answer, a skipped call) that no worker takes within this time is given up: a run without a worker never takes it. */
  updateMs: 30_000,
  /** The server holds a long poll for 20 s; much longer silence means a dead connection. */
  longPollMs: 60_000,
  /** Pause before asking a lost server again. */
  retryMs: 1_000,
  /** Changes within this time make one view. */
  gatherMs: 50,
  /** Between two lines about a large context that is being read. */
  readingMs: 2_000,
  /** A screen is redrawn at most so often: faster is not seen, and costs the terminal. */
  redrawMs: 100,
} as const;
