/**
 * What a model asks for with the tools `agent`, `rlm`, `workflow` and `describe`. Its input is hostile: parse, never cast. Pure.
 *
 *  A1  An agent says what it wants of another, never what that one may do: tools, models and folders are its definition's.
 *  A2  What is wrong with a call is known before it is begun: it is refused, and counted nowhere.
 */
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import type { AgentDefinition } from '../../protocol/run-input.ts';
import type { CallTool, DESCRIBE_TOOL } from '../../protocol/tool-names.ts';
import { nearest } from '../calls/nearest.ts';
import * as option from '../calls/options.ts';

export type Asked =
  | { tool: 'agent'; prompt: string; definition: AgentDefinition | null; opts: JsonObject }
  | { tool: 'rlm'; question: string; context: Json; opts: JsonObject }
  | { tool: 'workflow'; name: string; args: Json | undefined }
  | { tool: 'describe'; name: string | null };

/** Members of each tool's input: `?` stands behind those that may be left out. */
const TAKES: { [tool in CallTool | typeof DESCRIBE_TOOL]: readonly string[] } = {
  agent: ['prompt', 'agentType?', 'context?', 'schema?', 'label?'],
  rlm: ['question', 'context?', 'files?', 'schema?', 'label?'],
  workflow: ['name', 'args?'],
  describe: ['name?'],
};

export function isAsking(tool: string): tool is keyof typeof TAKES {
  return Object.hasOwn(TAKES, tool);
}

/** Throws BRAID_TOOL_INPUT, BRAID_SCHEMA_INVALID, BRAID_AGENT_UNKNOWN. */
export function parseAsked(tool: keyof typeof TAKES, input: Json, agents: { [name: string]: AgentDefinition }): Asked {
  const given = new Given(tool, input);
  const opts = () => ({ ...given.option('label'), ...given.schema() });
  switch (tool) {
    case 'agent': {
      const definition = definitionOf(given.optional('agentType'), agents);
      const agentType = definition === null ? {} : { agentType: definition.name };
      const context = given.value('context');
      const material = context === undefined ? {} : { context };
      return { tool, prompt: given.text('prompt'), definition, opts: { ...agentType, ...material, ...opts() } };
    }
    case 'rlm':
      return { tool, question: given.text('question'), context: contextOf(given), opts: opts() };
    case 'workflow':
      return { tool, name: bare(given.text('name'), 'workflow'), args: given.value('args') };
    case 'describe':
      return { tool, name: given.optional('name') };
  }
}

/** Material as text, or files of the workspace by pattern. */
function contextOf(given: Given): Json {
  const context = given.value('context');
  const pattern = given.optional('files');
  if (context !== undefined && pattern !== null) throw given.wrong('give `context` or `files`, not both');
  if (pattern !== null) return { $context: 'files', pattern };
  if (context === undefined) return null;
  return typeof context === 'string' ? context : JSON.stringify(context, null, 2);
}

function definitionOf(wanted: string | null, agents: { [name: string]: AgentDefinition }): AgentDefinition | null {
  if (wanted === null) return null;
  const name = bare(wanted, 'agent');
  const found = Object.values(agents).find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const names = Object.values(agents).map((one) => one.name);
  const meant = nearest(name, names);
  const hint = meant === null ? '' : ` Did you mean ${meant}?`;
  throw new BraidError(
    'BRAID_AGENT_UNKNOWN',
    `There is no agent ${JSON.stringify(name.slice(0, 100))}.${hint} There are: ${names.join(', ')}.`,
  );
}

/** `describe` puts the kind before a name that several things bear. */
function bare(name: string, kind: CallTool): string {
  return name.startsWith(`${kind}:`) ? name.slice(kind.length + 1) : name;
}

class Given {
  private readonly tool: keyof typeof TAKES;
  private readonly members: JsonObject;

  constructor(tool: keyof typeof TAKES, input: Json) {
    this.tool = tool;
    this.members = isJsonObject(input) ? input : {};
    if (!isJsonObject(input)) throw this.wrong('the input is no object');
    const known = TAKES[tool].map((name) => name.replace('?', ''));
    const odd = Object.keys(input).find((name) => !known.includes(name));
    if (odd !== undefined) throw this.wrong(`there is no ${JSON.stringify(odd.slice(0, 80))}`);
  }

  /** Many models send null for what they leave out. */
  value(name: string): Json | undefined {
    return (Object.hasOwn(this.members, name) ? this.members[name] : null) ?? undefined;
  }

  text(name: string): string {
    const value = this.optional(name);
    if (value === null || value.trim() === '') throw this.wrong(`${name} is missing`);
    return value;
  }

  optional(name: string): string | null {
    const value = this.value(name);
    if (value === undefined) return null;
    if (typeof value !== 'string') throw this.wrong(`${name} is no text`);
    return value;
  }

  option(name: string): JsonObject {
    const value = this.optional(name);
    return value === null ? {} : { [name]: value.slice(0, 60) };
  }

  schema(): JsonObject {
    const schema = option.schema(this.value('schema') ?? null);
    return schema === null ? {} : { schema };
  }

  wrong(why: string): BraidError {
    const takes = TAKES[this.tool].join(', ');
    return new BraidError('BRAID_TOOL_INPUT', `${this.tool}: ${why}. It takes {${takes}}.`);
  }
}
