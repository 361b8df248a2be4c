/**
 * Keys of calls (design §6): a hash of all that providers are sent, and nothing that only people see.
 *
 *  K1  Equal requests have equal keys in any run, on any machine, whatever the order of members (test/unit/journal/vectors.json).
 *  K2  A key holds no value of a limit: a run that is resumed with other limits finds its calls.
 */
import { JOURNAL_VERSION, REQUEST_PARTS } from '../../protocol/journal.ts';
import { hashJson, hashText } from '../../protocol/hash.ts';
import { canonicalJson } from '../../protocol/json.ts';
import type { AgentTask } from '../../protocol/activities.ts';
import type { ModelMessage, ModelRequest } from '../../protocol/model-call.ts';
import type { Patch } from '../../protocol/overlay.ts';
import type { RlmInput } from '../../protocol/rlm.ts';
import type { ScriptInput } from '../../protocol/run-input.ts';

/** A key without its place in a node. */
export interface KeyHash {
  hash: string;
  parts: string;
}

/** One conversation with a model: `agent()`, `llm_query()`. `use`: of an agent that reads or works on changes; `begins`: on which. */
export function agentKey(
  { prompt, schemaTries, request }: AgentTask,
  use?: { isolated: boolean },
  begins: readonly Patch[] = [],
): KeyHash {
  const overlays = begins.map(({ overlay }) => overlay);
  return keyOf({
    prompt: hashJson(prompt),
    ...requestParts(request),
    ...(use === undefined ? {} : { changes: hashJson([use.isolated, overlays]) }),
    settings: again([settingsOf(request), request.schema === null ? null : schemaTries]),
  });
}

/** A recursive language model. What it may spend is no part of what it is asked (K2). */
export function rlmKey({ question, context, rlm, models, prompts, toolModule, changes }: RlmInput): KeyHash {
  const { model, subModel, system, schema, depth, effort } = rlm;
  return keyOf({
    question: hashJson(question),
    context: hashJson(context?.of ?? null),
    model: hashJson([model, subModel, models.main]),
    system: hashJson([system, prompts]),
    schema: hashJson(schema),
    settings: hashJson([depth, effort]),
    tools: hashJson(toolModule?.tools ?? []),
    ...(changes === undefined ? {} : { changes: hashJson(changes.overlay) }),
  });
}

/** A script that a cell calls. */
export function scriptKey({ sourceHash, args, hasArgs, models, changes }: ScriptInput): KeyHash {
  return keyOf({
    script: sourceHash,
    args: hashJson([hasArgs, args]),
    model: hashJson(models.main),
    ...(changes === undefined ? {} : { changes: hashJson(changes.overlay) }),
  });
}

const hashes = new WeakMap<ModelMessage, string>();

/** A node's own request. `shown` gives what of a message counts: see K2. Messages are hashed once, however often they are sent. */
export function requestKey(request: ModelRequest, shown: (message: ModelMessage) => ModelMessage = same): KeyHash {
  const messages = request.messages.map((message) => {
    const known = hashes.get(message) ?? hashJson(shown(message));
    hashes.set(message, known);
    return known;
  });
  const key = keyOf({
    messages: hashJson(messages),
    ...requestParts(request),
    settings: again(settingsOf(request)),
  });
  return { ...key, parts: `${REQUEST_PARTS}${key.parts}` };
}

function requestParts({
  system,
  schema,
  model,
  tools,
  toolSpecs,
}: Pick<ModelRequest, 'system' | 'schema' | 'model' | 'tools' | 'toolSpecs'>) {
  const told = toolSpecs === undefined ? tools : [tools, toolSpecs];
  return { system: again(system), schema: again(schema), model: again(model), tools: again(told) };
}

/**
 * Hashes of what a thousand calls have in common: hashing it for each of them is most of what a key costs. All workflows of a worker
 * share them (worker/bundle.ts), which none can notice.
 */
const common = new Map<string, string>();
const COMMON = 500;

function again(value: unknown): string {
  const text = canonicalJson(value);
  const known = common.get(text);
  if (known !== undefined) return known;
  const hash = hashText(text);
  if (common.size >= COMMON) common.clear();
  common.set(text, hash);
  return hash;
}

function settingsOf({ effort, temperature, maxOutputTokens }: Omit<ModelRequest, 'messages'>) {
  return { effort, temperature, maxOutputTokens };
}

function keyOf(parts: { [name: string]: string }): KeyHash {
  const names = Object.keys(parts).sort();
  return {
    hash: hashText(`${JOURNAL_VERSION}\n${names.map((name) => `${name}:${parts[name]}`).join('\n')}`).slice(0, 32),
    parts: names.map((name) => `${name}:${parts[name]?.slice(0, 6)}`).join(' '),
  };
}

/** What differs between two keys' parts, for people: `prompt, model`; empty when nothing does. */
export function changedParts(before: string, after: string): string {
  const old = new Set(before.split(' '));
  return after
    .split(' ')
    .filter((part) => !old.has(part))
    .map((part) => part.split(':')[0])
    .join(', ');
}

function same(message: ModelMessage): ModelMessage {
  return message;
}
