/** Names of the tools that agents have, and what other systems call the same things. */

/** Tools that only read the run's snapshot, in the order a model sees them. The default of an agent with a workspace. */
export const READ_TOOLS = ['list', 'glob', 'read', 'grep', 'diff', 'git_log', 'git_show'] as const;

export type ReadTool = (typeof READ_TOOLS)[number];

/** Lower-case names of other systems, with `-` and white space written as `_`. */
const ALIASES: ReadonlyMap<string, readonly ReadTool[]> = new Map<string, readonly ReadTool[]>([
  ...READ_TOOLS.map((name): [string, readonly ReadTool[]] => [name, [name]]),
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
  ['*', READ_TOOLS],
  ['all', READ_TOOLS],
]);

/**
 * Braid's tools for a list of names as an agent definition or a script writes them: without repeats and in one order, so
 * that the same set is always the same request. `unknown` are the names, as written, that stand for nothing here.
 */
export function normalizeTools(names: readonly string[]): { tools: string[]; unknown: string[] } {
  const wanted = new Set<string>();
  const unknown = new Set<string>();
  for (const name of names) {
    const tools = ALIASES.get(
      name
        .trim()
        .toLowerCase()
        .replace(/[\s-]+/g, '_'),
    );
    if (tools === undefined) unknown.add(name);
    else for (const tool of tools) wanted.add(tool);
  }
  return { tools: READ_TOOLS.filter((tool) => wanted.has(tool)), unknown: [...unknown] };
}

function same(tool: ReadTool, ...names: string[]): [string, readonly ReadTool[]][] {
  return names.map((name) => [name, [tool]]);
}
