/** Options of the dialect's calls: docs/script-reference.md and the reference that models read are held against these lists. */
export interface DialectOption {
  name: string;
  /** As the docs give it, without links. */
  type: string;
  /** For a model, in a few words; empty: a model that writes a script is not told of it. */
  meaning: string;
}

const option = (name: string, type: string, meaning: string): DialectOption => ({ name, type, meaning });

/** Of `agent()` and `agentResult()`. */
export const AGENT_OPTIONS: readonly DialectOption[] = [
  option('label', 'string', 'short name of the call in every view: always give one, e.g. `check ${file}`'),
  option('phase', 'string', 'group of this call; needed inside parallel and pipeline, where phase() would be shared'),
  option(
    'schema',
    'JSON Schema, root object',
    'the call then gives a validated object instead of text; bound lists with maxItems',
  ),
  option('model', 'provider/model or a house name', "leave out for the run's model"),
  option('effort', 'low medium high xhigh max', 'how long the model thinks'),
  option('agentType', 'string', 'one of the saved agents listed below'),
  option(
    'tools',
    'list of names',
    'default: all read tools, the agent then looks at files itself; [] = one plain model call, much cheaper',
  ),
  option('system', 'string', 'replaces the system prompt'),
  option('context', 'any JSON value', 'appended to the prompt as data'),
  option('timeout', 'ms or "5m"', 'the call gives null after it'),
  option('retries', '0 to 10', ''),
  option('schemaTries', '1 to 20', ''),
  option('maxOutputTokens', '1 to 1,000,000', 'bound of one response, 8192 by default'),
  option('temperature', '0 to 2', ''),
  option(
    'isolation',
    "'worktree' or 'none'",
    "'worktree': the agent changes files on a copy of its own, untouched by other agents",
  ),
  option('on', 'a patch, or a list of patches', 'the agent sees the workspace with these changes'),
  option('rlm', 'true or {depth, iterations, subModel, …}', 'a recursive language model over `context`'),
  option('budget', '{calls, requests, inputTokens, outputTokens, usd, time}', 'bounds this call alone'),
];

/** Of `rlm()`. */
export const RLM_OPTIONS: readonly DialectOption[] = [
  ...AGENT_OPTIONS.filter(({ name }) =>
    ['label', 'phase', 'schema', 'model', 'effort', 'system', 'context', 'maxOutputTokens', 'budget', 'rlm'].includes(
      name,
    ),
  ),
  option('subModel', 'provider/model or a house name', 'model of its sub-calls'),
  option('depth', 'number', 'levels of recursion, 1 by default'),
  option('iterations', 'number', 'turns of the model, 20 by default'),
  option('compact', 'boolean', ''),
];
