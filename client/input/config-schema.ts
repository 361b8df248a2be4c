/** Apart from config.ts, because loading zod costs 70 ms and most commands meet no configuration file. */
import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { BraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import { POLICY, SHELL } from '../../protocol/limits.ts';

const amount = z.union([z.number(), z.string()]);

/** As a method, so that a tool may name the type of its argument. */
type ToolRun = { run(args: Json, context: { signal: AbortSignal }): unknown }['run'];

/** What a cell calls as `tools.NAME(args)`: runs in the worker, as an activity. */
const TOOL = z.strictObject({
  /** What models are told of it: what it does, what its argument is, what it gives. */
  description: z.string(),
  /** JSON Schema of its argument, an object: with it, agents can be given the function as a tool. */
  input: z.record(z.string(), z.json()).optional(),
  run: z.custom<ToolRun>((value) => typeof value === 'function', 'must be a function'),
});

const RLM_CONFIG = z.strictObject({
  tools: z.record(z.string().regex(/^[A-Za-z_$][\w$]*$/), TOOL).optional(),
  /** Texts that replace Braid's own prompts. */
  prompts: z
    .strictObject({ root: z.string().optional(), child: z.string().optional(), leaf: z.string().optional() })
    .optional(),
  iterations: amount.optional(),
  depth: amount.optional(),
  /** Characters of a transcript above which older turns are summarised; false: never. */
  compact: z.union([z.number().int().min(10_000), z.literal(false)]).optional(),
});

/** `*` stands for any text. */
const PATTERN = z.string().min(1).max(POLICY.patternChars);

const RULE = z.strictObject({
  /** Which tools: `bash`, `edit`, `write`, `delete`. */
  tool: PATTERN,
  /** Members of the tool's input: `{ command: 'npm test*' }`, `{ path: 'src/*' }`. All must match. */
  input: z.record(z.string(), PATTERN).optional(),
  /** Names of agent definitions. */
  agent: PATTERN.optional(),
  /** Only for agents so deep in the tree, or deeper; 1: those that the run's own script calls. */
  depth: z.number().int().min(1).optional(),
  then: z.enum(['allow', 'ask', 'deny']),
});

const SHELL_CONFIG = z.strictObject({
  /** Whether commands reach the network. Default: no. */
  network: z.boolean().optional(),
  /** What commands may read beside the system's programs: absolute paths (a toolchain), or folders of the workspace (`node_modules`). */
  readOnly: z.array(z.string()).optional(),
  /** Longest time of one command. */
  seconds: z.number().int().min(1).max(SHELL.maxSeconds).optional(),
});

const SERVER_SHAPE = z.strictObject({
  /** Started by the worker in the folder of the configuration, with these variables and few others. */
  command: z.string().min(1).optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  /** Or an address that speaks MCP over HTTP. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

const SERVER = SERVER_SHAPE.refine(({ command, url }) => (command === undefined) !== (url === undefined), {
  error: 'it wants either a command or a url',
});

const CONFIG = z.strictObject({
  /** Default model, `provider/model` or an alias. */
  model: z.string().optional(),
  /** Model of sub-calls of recursive language models. */
  subModel: z.string().optional(),
  /** House names to `provider/model`: `{ haiku: 'openai/gpt-5-mini' }`. */
  aliases: z.record(z.string(), z.string()).optional(),
  concurrency: amount.optional(),
  maxCalls: amount.optional(),
  maxRequests: amount.optional(),
  maxInputTokens: amount.optional(),
  maxOutputTokens: amount.optional(),
  /** In dollars. Needs models with a known price. */
  maxUsd: amount.optional(),
  /** With a unit: `2h`. */
  maxTime: z.string().optional(),
  maxDepth: amount.optional(),
  onLimit: z.enum(['stop', 'pause']).optional(),
  strict: z.boolean().optional(),
  /** What agents' tools with effects may do: the first rule that matches decides. */
  policy: z.array(RULE).max(POLICY.rules).optional(),
  /** MCP servers: their tools are `mcp__NAME__TOOL`. */
  mcp: z.record(z.string().regex(/^(?!.*__)[A-Za-z0-9_-]{1,40}$/), SERVER).optional(),
  /** Where commands run. */
  shell: SHELL_CONFIG.optional(),
  /** Recursive language models. */
  rlm: RLM_CONFIG.optional(),
});

/** What `braid.config.ts` may say. Every value can be overridden by the environment and by flags. */
export type BraidConfig = z.infer<typeof CONFIG>;

/** @throws BraidError BRAID_CONFIG for what does not fit; unknown keys name their nearest known one. */
export function parseConfig(value: unknown, file: string): BraidConfig {
  const parsed = CONFIG.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const fix = `Did you mean ${closest(key, knownAt(issue.path))}?`;
    const where = [...issue.path, key].join('.');
    throw new BraidError('BRAID_CONFIG', `${file} has the unknown key ${JSON.stringify(where)}.`, { fix });
  }
  const path = issue?.path.join('.') ?? '';
  if (issue?.code === 'invalid_key')
    throw new BraidError(
      'BRAID_CONFIG',
      `${file}: ${path} must be ${issue.path[0] === 'mcp' ? 'letters, digits, - and single _' : 'a JavaScript name'}.`,
    );
  throw new BraidError(
    'BRAID_CONFIG',
    `${file}${path === '' ? '' : `: ${path}`}: ${issue?.message ?? 'is not understood'}.`,
  );
}

function knownAt(path: readonly PropertyKey[]): string[] {
  if (path[0] === 'policy') return Object.keys(RULE.shape);
  if (path[0] === 'mcp') return Object.keys(SERVER_SHAPE.shape);
  if (path[0] === 'shell') return Object.keys(SHELL_CONFIG.shape);
  if (path[0] !== 'rlm') return Object.keys(CONFIG.shape);
  if (path.length === 1) return Object.keys(RLM_CONFIG.shape);
  return path[1] === 'prompts' ? ['root', 'child', 'leaf'] : Object.keys(TOOL.shape);
}
