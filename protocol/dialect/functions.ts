/** The functions that a script has, in the order in which a model should meet them. */
export interface DialectFunction {
  name: string;
  /** As in docs/script-reference.md. */
  signature: string;
  /** For a model that writes a script. */
  use: string;
}

const hook = (name: string, signature: string, use: string): DialectFunction => ({ name, signature, use });

export const DIALECT_FUNCTIONS: readonly DialectFunction[] = [
  hook(
    'agent',
    'agent(prompt: string, opts?: Options): Promise<string | object | null>',
    'One fresh agent that knows nothing but its prompt. Text, or with `schema` an object; null when it died: guard with `.filter(Boolean)` or `?.`.',
  ),
  hook(
    'parallel',
    'parallel(thunks: (() => any)[]): Promise<any[]>',
    'Starts all functions (never promises), waits for all; results in order, null for what threw.',
  ),
  hook(
    'pipeline',
    'pipeline(items: any[], ...stages: ((prev, item, index) => any)[]): Promise<any[]>',
    'Each item walks all stages by itself, without a barrier. Prefer it to two parallel() in a row. The first stage gets the item as prev.',
  ),
  hook('phase', 'phase(title: string, opts?: { budget?: Budget }): void', 'Names the group of the calls that follow.'),
  hook('log', 'log(...values: any[]): void', 'A line for the people who watch.'),
  hook(
    'workflow',
    'workflow(nameOrRef: string | { scriptPath: string }, args?: any): Promise<any>',
    'Runs a saved workflow as a part of this one.',
  ),
  hook(
    'call',
    'call(name: string, args?: any): Promise<any>',
    "Calls what bears a name: 'agent:NAME' with a prompt or {prompt, …options}, 'workflow:NAME' with its args, 'tool:NAME' with its argument.",
  ),
  hook(
    'agents',
    "agents(): Promise<{ name: string; kind: 'agent' | 'workflow' | 'tool'; description: string }[]>",
    'What call() can reach.',
  ),
  hook(
    'describe',
    'describe(name: string): Promise<{',
    'One of these: its prompt, the arguments it takes, its model, tools and cost so far.',
  ),
  hook(
    'rlm',
    'rlm(question: string, context?: any, opts?: RlmOptions): Promise<any>',
    'A model in a REPL over a context that no prompt can hold (megabytes). Only for such material.',
  ),
  hook('file', 'file(path: string): Context', 'A context for rlm() out of the workspace; never text in the script.'),
  hook('files', 'files(pattern: string): Context', "The same of many, e.g. files('docs/**/*.md')."),
  hook(
    'agentResult',
    'agentResult(prompt: string, opts?: Options): Promise<{',
    'agent() told as data {ok, value, reason, error, usage}; never throws.',
  ),
  hook(
    'merge',
    'merge(patches: (Patch | { patch: Patch | null } | null)[]): Promise<{ patch: Patch | null; conflicts: Conflict[] }>',
    'Lays the patches of agents that changed files one onto the other; look at the conflicts.',
  ),
  hook(
    'keep',
    'keep(patch: Patch | { patch: Patch | null } | null): void',
    'This is what the run has to show; without it all that its agents changed.',
  ),
  hook(
    'ask',
    'ask(question: string, opts?: { schema?, timeout?, default? }): Promise<any>',
    'Waits for the answer of a person.',
  ),
  hook(
    'approve',
    'approve(what: string, details?: any, opts?: { timeout?, default? }): Promise<boolean>',
    'Waits for the yes or no of a person.',
  ),
  hook('sleep', 'sleep(time: number | string): Promise<void>', 'Waits, e.g. "5m".'),
  hook('now', 'now(): number', 'Milliseconds since 1970; Date.now() throws.'),
  hook('random', 'random(): number', '0 to 1; Math.random() throws.'),
  hook('outcomes', 'outcomes(): {', 'Records of the calls so far that gave no value.'),
];
