/** Who has to change something so that the error goes away. */
export type Blame = 'script' | 'user' | 'provider' | 'limit' | 'infrastructure' | 'braid';

export interface ErrorSpec {
  blame: Blame;
  /** Whether the same request may succeed later without a change. */
  retryable: boolean;
  /** One sentence for the docs page: when it happens. */
  when: string;
  /** The edit or command that gets rid of it. */
  fix: string;
}

const spec = (blame: Blame, when: string, fix: string, retryable = false): ErrorSpec => ({
  blame,
  retryable,
  when,
  fix,
});

/** Every code that Braid can show, in the order of the docs page. Codes are for ever. */
export const ERRORS = {
  BRAID_USAGE: spec('user', 'A command line is not understood.', 'See `braid <command> --help`.'),
  BRAID_ARGS_JSON: spec(
    'user',
    '`--args` is no JSON.',
    'Quote it for the shell: --args \'{"key": 1}\', or --args @file.json.',
  ),
  BRAID_FILE_MISSING: spec(
    'user',
    'A named file or folder does not exist or cannot be read.',
    'Check the path and its permissions.',
  ),
  BRAID_CONFIG: spec(
    'user',
    'A configuration file or environment variable holds a value that does not fit.',
    'Correct the named setting.',
  ),
  BRAID_SCRIPT_SYNTAX: spec('script', 'The script is not valid JavaScript.', 'Correct the marked place.'),
  BRAID_SCRIPT_META: spec(
    'script',
    '`meta` is not a pure literal or lacks a name.',
    'Write plain literals into `export const meta`.',
  ),
  BRAID_SCRIPT_FORBIDDEN: spec(
    'script',
    'The script uses something the dialect does not have: TypeScript, import, require.',
    'Use the hook that the message names.',
  ),
  BRAID_SCRIPT_TOO_LARGE: spec(
    'script',
    'The script is larger than 512 KiB.',
    'Pass data as --args or by the workspace instead of in the source.',
  ),
  BRAID_PLAN_INVALID: spec(
    'provider',
    'The model gave no valid script for a task in five tries.',
    'Name another --model, say more in the task, or correct its last script by hand: braid result RUN.',
  ),
  BRAID_PLAN_TOO_LARGE: spec(
    'limit',
    'A plan would make more calls than the run may.',
    'Raise --max-calls, or plan again and ask for less.',
  ),
  BRAID_SCRIPT_ERROR: spec('script', 'The script threw an error that nobody caught.', 'Correct the marked line.'),
  BRAID_SCRIPT_VALUE: spec(
    'script',
    'A value cannot cross as JSON: a cycle, a BigInt, too large.',
    'Return plain data.',
  ),
  BRAID_SCRIPT_NONDETERMINISTIC: spec(
    'script',
    'The script asked for the clock or for randomness.',
    'Use now() and random().',
  ),
  BRAID_SCRIPT_STUCK: spec(
    'script',
    'The script waits for something that can never happen.',
    'Await only hooks and promises that are settled.',
  ),
  BRAID_OPTION: spec('script', 'An argument of a hook has the wrong type.', 'Give what the message names.'),
  BRAID_NOT_AVAILABLE: spec(
    'script',
    'The dialect names it, this version of Braid does not have it.',
    'Do without it, or use a newer Braid.',
  ),
  BRAID_CONTEXT_MISSING: spec(
    'user',
    'A context names no file that is there.',
    'Check the path, or quote the pattern for the shell.',
  ),
  BRAID_CONTEXT_UNREADABLE: spec(
    'user',
    'A context cannot be read as text: it is binary, damaged, or in an encoding that is not known.',
    'Give a text, PDF, DOCX or HTML file in UTF-8, UTF-16 or Latin-1.',
  ),
  BRAID_CONTEXT_TOO_LARGE: spec(
    'limit',
    'A context, or a piece of it that is to become one string, is larger than what one may be.',
    'Take less of it at a time: slice, grep, chunks.',
  ),
  BRAID_CONTEXT_SLOW: spec(
    'limit',
    'A search over a context took too long, most often because its pattern backtracks.',
    'Use a simpler pattern or a literal text.',
  ),
  BRAID_REPL_ENGINE: spec(
    'infrastructure',
    'A REPL session belongs to another build of the engine.',
    'Run a worker of the Braid version that started the run.',
  ),
  BRAID_TOOL_FAILED: spec(
    'user',
    'A tool of the configuration threw an error.',
    'Correct the tool in braid.config.ts.',
  ),
  BRAID_POLICY_DENIED: spec(
    'user',
    'The policy, or a person who was asked, does not let an agent use a tool in this way.',
    'Change `policy` in braid.config.ts if the agent is to do it.',
  ),
  BRAID_SHELL_UNAVAILABLE: spec(
    'infrastructure',
    'The machine of the worker has nothing to run commands in safely, so none are run.',
    'Install bubblewrap, or util-linux with user namespaces allowed; see `braid doctor`.',
  ),
  BRAID_SHELL_LIMIT: spec(
    'limit',
    'A command took more time, memory, disk or output than it may, and was ended; its changes are dropped.',
    'Do less in one command.',
  ),
  BRAID_EFFECT_UNKNOWN: spec(
    'infrastructure',
    'A tool with effects was under way when its worker died, so nobody knows what it did, and it is not repeated.',
    'Look at what it may have done, then start the work again.',
  ),
  BRAID_MCP_FAILED: spec(
    'user',
    'An MCP server cannot be started or reached, died, answered nothing in time, or answered what is no MCP.',
    'Try the server of `mcp` in braid.config.ts by hand; it is started anew with the next call.',
  ),
  BRAID_MCP_CHANGED: spec(
    'user',
    'An MCP server has another tool now than when the run began, so it is not called.',
    'Start a new run, which reads the tools anew.',
  ),
  BRAID_AGENT_UNKNOWN: spec(
    'script',
    'An agentType is unknown and the run is strict.',
    'Name one of the listed definitions.',
  ),
  BRAID_WORKFLOW_UNKNOWN: spec(
    'script',
    'workflow() names a script that is not there.',
    'Name one of the listed workflows, or a path below the workspace.',
  ),
  BRAID_SCHEMA_INVALID: spec(
    'script',
    'A schema is no JSON Schema, its root is no object, or nothing can satisfy it.',
    'Correct the named part.',
  ),
  BRAID_TOO_MANY_ITEMS: spec(
    'limit',
    'One parallel() or pipeline() got more than 4,096 items.',
    'Walk the list in slices.',
  ),
  BRAID_SANDBOX_GAS: spec(
    'script',
    'The script computed too long without awaiting a hook.',
    'Look for an endless loop; leave heavy computing to agents.',
  ),
  BRAID_SANDBOX_MEMORY: spec('script', 'The script used more than its memory.', 'Keep less data in variables.'),
  BRAID_SANDBOX_STACK: spec('script', 'The script recursed too deep.', 'Turn the recursion into a loop.'),
  BRAID_SANDBOX_OUTPUT: spec(
    'script',
    'The script sent too much text to its host.',
    'Send less text in prompts, logs and results.',
  ),
  BRAID_SANDBOX_REQUESTS: spec(
    'script',
    'The script sent too many requests at once.',
    'Await some before starting more.',
  ),
  BRAID_SANDBOX_PROTOCOL: spec(
    'script',
    'The script forged a message of the sandbox border.',
    'Use the documented hooks only.',
  ),
  BRAID_SANDBOX_BROKEN: spec('braid', 'The sandbox failed in a way that should not be possible.', 'Report the script.'),
  BRAID_BUDGET_EXHAUSTED: spec(
    'limit',
    'A call would exceed a limit of the run.',
    'Raise the limit that the message names, or do less.',
  ),
  BRAID_PRICE_UNKNOWN: spec(
    'limit',
    'A limit in USD holds, and the model has no known price.',
    'Leave the limit in USD away (--max-usd, budget.usd), or use a model with a price.',
  ),
  BRAID_DEPTH: spec('limit', 'A call would go deeper than --max-depth.', 'Flatten the tree or raise --max-depth.'),
  BRAID_TIME: spec('limit', 'The run used up its --max-time.', 'Raise --max-time.'),
  BRAID_HISTORY_FULL: spec(
    'limit',
    'The run grew to the size where the server would end it.',
    'Split the work into several runs.',
  ),
  BRAID_CALL_TIMEOUT: spec('limit', 'A call took longer than its timeout.', "Raise the call's `timeout` option."),
  BRAID_CALL_SCHEMA: spec(
    'provider',
    'The model gave no valid structured output within its tries.',
    'Simplify the schema or use a stronger model.',
  ),
  BRAID_CALL_STEPS: spec('limit', 'An agent used up its turns without a final answer.', 'Give a narrower task.'),
  BRAID_CALL_CANCELLED: spec('user', 'The call was cancelled with its run.', 'Start the run again.'),
  BRAID_CALL_LOST: spec(
    'infrastructure',
    'A call was lost with its worker too often.',
    'Look into the worker log; the call may kill its worker.',
    true,
  ),
  BRAID_MODEL_MISSING: spec(
    'user',
    'No model is named and none is configured.',
    'Pass --model provider/model, for example --model openai/gpt-5-mini, or --model offline/reviewer for a free try.',
  ),
  BRAID_MODEL_UNKNOWN: spec('provider', 'The provider does not know the model.', 'Correct the model id.'),
  BRAID_PROVIDER_UNKNOWN: spec(
    'user',
    'No such provider is installed.',
    'Use a listed provider or install its AI SDK package.',
  ),
  BRAID_PROVIDER_KEY_MISSING: spec(
    'user',
    "The provider's key is not in the worker's environment.",
    'Set the named variable where the worker runs.',
  ),
  BRAID_PROVIDER_KEY_REJECTED: spec(
    'provider',
    'The provider refused the key (401 or 403).',
    'Check the key and its rights.',
  ),
  BRAID_PROVIDER_QUOTA: spec(
    'provider',
    'The account at the provider has no credit left.',
    "Add credit or raise the spending limit in the provider's console.",
  ),
  BRAID_PROVIDER_BAD_REQUEST: spec(
    'provider',
    'The provider refused the request (4xx).',
    'Read its message; often the prompt is too long or an option is not supported.',
  ),
  BRAID_PROVIDER_CONTEXT: spec(
    'provider',
    'The request is longer than the model can read.',
    'Send less, or use a model with a longer context.',
  ),
  BRAID_PROVIDER_REFUSED: spec('provider', 'The provider refused the content.', 'Change the prompt.'),
  BRAID_PROVIDER_RATE_LIMITED: spec(
    'provider',
    'The provider asked to slow down (429, overload) for a quarter of an hour on end.',
    'Lower --concurrency or try later.',
    true,
  ),
  BRAID_PROVIDER_FAILED: spec(
    'provider',
    'The provider failed (5xx, network, broken stream) on every try.',
    'Try again later.',
    true,
  ),
  BRAID_PROVIDER_STALLED: spec(
    'provider',
    'The provider sent nothing for too long on every try.',
    'Try again later.',
    true,
  ),
  BRAID_PROVIDER_GARBAGE: spec(
    'provider',
    'The provider answered something that is no model response.',
    'Check the base URL.',
  ),
  BRAID_WORKSPACE_TOO_LARGE: spec(
    'user',
    'The workspace has more than 50,000 files or 2 GiB.',
    'Choose a narrower --cwd, add a .gitignore, or use --no-workspace.',
  ),
  BRAID_WORKSPACE_UNREADABLE: spec(
    'user',
    'The workspace folder cannot be read.',
    'Check the path and its permissions, or use --no-workspace.',
  ),
  BRAID_PATH_OUTSIDE: spec(
    'script',
    'A path of a tool call leads out of the workspace, or is none.',
    'Name it relative to the root of the workspace: src/index.ts.',
  ),
  BRAID_PATH_REFUSED: spec(
    'script',
    'A path of a tool call is in the workspace but must not be changed: in .git, a symbolic link or behind one, a folder, a special file.',
    'Name a regular file.',
  ),
  BRAID_PATH_MISSING: spec(
    'script',
    'A tool is to change a file that the workspace does not have.',
    'Look with list or glob; write makes new files.',
  ),
  BRAID_EDIT_NO_MATCH: spec(
    'script',
    'The text to replace is not in the file.',
    'Read the file, and copy the text without the line numbers.',
  ),
  BRAID_EDIT_AMBIGUOUS: spec(
    'script',
    'The text to replace is in the file more than once.',
    'Give more of the lines around it, or set all.',
  ),
  BRAID_FILE_BINARY: spec(
    'script',
    'A file to change, or what is to be written, is no text in UTF-8.',
    'Change such files with bash.',
  ),
  BRAID_FILE_TOO_LARGE: spec('limit', 'A file would become larger than 8 MiB.', 'Write less, or several files.'),
  BRAID_OVERLAY_TOO_LARGE: spec(
    'limit',
    'The changes of an agent, or of a run, are more than 5,000 files or 256 MiB.',
    'Change less at once: split the work, and apply it in parts.',
  ),
  BRAID_TOOL_INPUT: spec('script', 'The input of a tool call does not fit its schema.', 'Give what the message names.'),
  BRAID_GIT: spec(
    'user',
    '`--base` needs a git work tree and a known revision.',
    'Check the revision with `git rev-parse`.',
  ),
  BRAID_BLOB_MISSING: spec(
    'infrastructure',
    'A blob is not in this store.',
    'Run where the store is, or set BRAID_HOME to it.',
  ),
  BRAID_BLOB_CORRUPT: spec(
    'infrastructure',
    'A blob does not match its hash.',
    'Restore the store from a backup; delete the named file.',
  ),
  BRAID_STORE: spec(
    'infrastructure',
    'The store cannot be written.',
    'Check free disk space and the permissions of BRAID_HOME.',
    true,
  ),
  BRAID_SERVER_UNREACHABLE: spec(
    'infrastructure',
    'The Temporal server does not answer.',
    'Start it, correct TEMPORAL_ADDRESS, or unset it to let Braid start one.',
    true,
  ),
  BRAID_SERVER_START: spec(
    'infrastructure',
    'No Temporal server could be found, downloaded, built or started.',
    'See the list of what was tried.',
  ),
  BRAID_NO_WORKER: spec('infrastructure', 'No worker takes the runs of this store.', 'Start one: braid worker', true),
  BRAID_RUN_UNKNOWN: spec('user', 'There is no such run on this server.', 'See `braid list`.'),
  BRAID_JOURNAL: spec(
    'user',
    'The journal of the run to resume from cannot be read: it is of another version of Braid, or parts of it are gone.',
    'Start the run without --resume-from.',
  ),
  BRAID_CALL_UNRECORDED: spec(
    'script',
    'In a test of a saved workflow: it makes a call that was not recorded.',
    'If the change is meant, run the workflow and save that run: braid save RUN --as NAME --force',
  ),
  BRAID_EXPORT: spec(
    'user',
    'A file to import is no export of a run, was torn, or was changed.',
    'Export the run again with `braid export RUN`.',
  ),
  BRAID_GATE_UNKNOWN: spec('user', 'There is no such gate in this run.', 'See `braid show RUN` for its open gates.'),
  BRAID_GATE_CLOSED: spec('user', 'The gate was answered already, or it is closed.', 'See `braid show RUN`.'),
  BRAID_ANSWER_INVALID: spec(
    'user',
    'The answer does not fit what the gate asks for.',
    'Give a value that fits the schema shown.',
  ),
  BRAID_ANSWER_STALE: spec(
    'user',
    'The answer is for something else than what the gate shows now.',
    'Look at the gate again with `braid show RUN`, then answer.',
  ),
  BRAID_GATE_TIMEOUT: spec(
    'limit',
    'Nobody answered a gate within its timeout, and it has no default.',
    'Give the gate a longer `timeout`, or a `default`.',
  ),
  BRAID_CALL_SKIPPED: spec(
    'user',
    'A person skipped the call.',
    'Start the run again if its value is wanted after all.',
  ),
  BRAID_CALL_NAME: spec(
    'script',
    'call() was given a name that nothing bears, or several things.',
    'Name one of those listed, or say which kind is meant: agent:NAME, workflow:NAME, tool:NAME.',
  ),
  BRAID_CALL_NOT_OPEN: spec(
    'user',
    'The call is not open, so it can neither be skipped nor restarted.',
    'See `braid show RUN`.',
  ),
  BRAID_ITEM_INVALID: spec(
    'user',
    'A line of an items file is no JSON, is too long or is no UTF-8; the other items are run.',
    'Correct the named line, and run it in a batch of its own.',
  ),
  BRAID_RUN_EXISTS: spec(
    'user',
    'A run with this --id exists with other input.',
    'Choose another --id, or repeat the same input to attach.',
  ),
  BRAID_PATCH_NONE: spec(
    'user',
    'The run, or the call, has no changes to apply: it changed nothing, or it still runs.',
    'See what it did: braid show RUN',
  ),
  BRAID_PATCH_STALE: spec(
    'user',
    'Files of the folder are not what the run began with, so its changes are not applied, none of them.',
    'Apply by hand what fits (braid diff RUN > changes.patch, git apply --3way changes.patch), or run again.',
  ),
  BRAID_RUN_ENDED: spec('user', 'The run has ended, so it cannot be changed.', 'Start a new one.'),
  BRAID_RUN_TERMINATED: spec('user', 'The run was terminated from outside.', 'Start a new one.'),
  BRAID_RUN_TIMED_OUT: spec('limit', 'The run reached its execution timeout on the server.', 'Start a new one.'),
  BRAID_ENGINE_UNKNOWN: spec(
    'infrastructure',
    'The run was started by an engine that this worker does not carry.',
    'Start a worker of the version that the message names.',
    true,
  ),
  BRAID_INTERNAL: spec(
    'braid',
    'Something that should not be possible happened in Braid.',
    'Report it with the message.',
  ),
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}
