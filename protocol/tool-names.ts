/** Names of the tools that agents have, and what other systems call the same things. */

/** Tools that only read the run's snapshot, in the order a model sees them. The default of an agent with a workspace. */
export const READ_TOOLS = ['list', 'glob', 'read', 'grep', 'diff', 'git_log', 'git_show'] as const;

export type ReadTool = (typeof READ_TOOLS)[number];

/** Tools that change files, in an overlay over the snapshot. No agent has them by default. */
export const WRITE_TOOLS = ['edit', 'write', 'delete'] as const;

/** Tools that do more than read and write files: each call of one passes the run's policy. */
const EFFECT_TOOLS = ['bash'] as const;

/** Tools that ask others of the run: an agent that has one is a node of its tree (workflows/delegate/). No agent has them by default. */
export const CALL_TOOLS = ['agent', 'rlm', 'workflow'] as const;

export type CallTool = (typeof CALL_TOOLS)[number];

/** Tells what can be asked; an agent has it with any of {@link CALL_TOOLS}. */
export const DESCRIBE_TOOL = 'describe';

/** All that an agent may be given. */
export const AGENT_TOOLS = [...READ_TOOLS, ...WRITE_TOOLS, ...EFFECT_TOOLS, ...CALL_TOOLS] as const;

export type AgentTool = (typeof AGENT_TOOLS)[number];

/** Whether an agent with these tools works on an overlay. */
export function changesFiles(tools: readonly string[]): boolean {
  return [...WRITE_TOOLS, ...EFFECT_TOOLS].some((tool) => tools.includes(tool));
}

/** Whether an agent with these tools may ask others. */
export function callsOthers(tools: readonly string[]): boolean {
  return CALL_TOOLS.some((tool) => tools.includes(tool));
}

/** Lower-case names of other systems, with `-` and white space written as `_`. */
const ALIASES: ReadonlyMap<string, readonly AgentTool[]> = new Map<string, readonly AgentTool[]>([
  ...AGENT_TOOLS.map((name): [string, readonly AgentTool[]] => [name, [name]]),
  ...same('list', 'ls', 'list_dir', 'listdir', 'list_directory', 'list_files', 'directory_tree'),
  ...same('glob', 'globtool', 'find', 'find_files', 'file_search', 'search_files', 'glob_file_search'),
  ...same(
    'read',
    'read_file',
    'readfile',
    'fileread',
    'file_read',
    'view',
    'viewfile',
    'view_file',
    'open_file',
    'cat',
    'notebookread',
  ),
  ...same('read', 'read_many_files', 'get_file_contents'),
  ...same(
    'grep',
    'greptool',
    'rg',
    'ripgrep',
    'grep_search',
    'search_file_content',
    'search_text',
    'search',
    'code_search',
    'codesearch',
  ),
  ...same('diff', 'git_diff', 'gitdiff', 'bash(git_diff)', 'bash(git_diff_*)', 'bash(git_diff:*)'),
  ...same('git_log', 'gitlog', 'bash(git_log)', 'bash(git_log_*)', 'bash(git_log:*)'),
  ...same('git_show', 'gitshow', 'bash(git_show)', 'bash(git_show_*)', 'bash(git_show:*)'),
  ...same('edit', 'multiedit', 'multi_edit', 'edit_file', 'str_replace', 'str_replace_editor', 'apply_diff', 'replace'),
  ...same('write', 'write_file', 'write_to_file', 'create_file', 'notebookedit'),
  ...same('delete', 'delete_file', 'remove_file', 'rm'),
  ...same('bash', 'shell', 'execute_command', 'run_command', 'run_shell_command', 'run_terminal_cmd', 'terminal'),
  ['*', READ_TOOLS],
  ['all', READ_TOOLS],
]);

/**
 * Braid's tools for a list of names as an agent definition or a script writes them: without repeats and in one order, so
 * that the same set is always the same request. `known` are those that may be given. `unknown` are the names, as written, that stand for
 * nothing here.
 */
export function normalizeTools(
  names: readonly string[],
  known: readonly AgentTool[] = READ_TOOLS,
): { tools: string[]; unknown: string[] } {
  const wanted = new Set<AgentTool>();
  const unknown = new Set<string>();
  for (const name of names) {
    const tools = ALIASES.get(
      name
        .trim()
        .toLowerCase()
        .replace(/[\s-]+/g, '_'),
    );
    if (tools === undefined || !tools.every((tool) => known.includes(tool))) unknown.add(name);
    else for (const tool of tools) wanted.add(tool);
  }
  return { tools: known.filter((tool) => wanted.has(tool)), unknown: [...unknown] };
}

function same(tool: AgentTool, ...names: string[]): [string, readonly AgentTool[]][] {
  return names.map((name) => [name, [tool]]);
}
