/** One `agent()` call of a script → the task that is to be done, with every name resolved (DW-15, DW-16, DW-18). */
import type { AgentTask } from '../../protocol/activities.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { CallKey } from '../../protocol/journal.ts';
import type { Json } from '../../protocol/json.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { AgentDefinition, PartBudget, ScriptInput } from '../../protocol/run-input.ts';
import { normalizeTools, READ_TOOLS } from '../../protocol/tool-names.ts';
import { systemPrompt } from '../agent/prompts.ts';
import { labelOf } from './label.ts';
import { modelOf } from './model-name.ts';
import { nearest } from './nearest.ts';
import type { Books } from '../ledger/books.ts';
import { hasBudget, notAvailable, parseAgentOptions, parsePrompt, type AgentOptions } from './options.ts';

export interface AgentCall {
  label: string;
  phase: string | null;
  task: AgentTask;
  definition: string | null;
  /** Of its own; null: none. */
  budget: PartBudget | null;
}

/** With the books that it is written into, its own budget's if it has one. */
export interface BookedCall extends AgentCall {
  books: Books;
}

/** With its name across runs. */
export interface KeyedCall extends BookedCall {
  key: CallKey;
}

type Config = Pick<ScriptInput, 'models' | 'agents' | 'workspace' | 'strict'>;

/** Throws BraidError for what the script got wrong; `warn` gets what is only odd (each text once per run). */
export function resolveAgentCall(
  args: Json[],
  phase: string | null,
  config: Config,
  warn: (text: string) => void,
  knowsBudgets: () => boolean = () => true,
): AgentCall {
  const prompt = parsePrompt(args[0]);
  if (hasBudget(args[1]) && !knowsBudgets()) throw notAvailable('budget');
  const opts = parseAgentOptions(args[1]);
  for (const text of opts.ignored) warn(`agent(): ${text}`);
  const definition = findDefinition(opts.agentType, config, warn);
  const tools = toolsOf(opts, definition, config, warn);
  const schemaTries = opts.schemaTries ?? LIMITS.schemaTries;
  const model = modelOf(opts.model ?? definition?.model ?? null, config.models, warn);
  return {
    label: opts.label ?? labelOf(prompt, opts.agentType ?? 'agent'),
    phase: opts.phase ?? phase,
    budget: opts.budget,
    definition: definition === null ? null : `${definition.name} (${definition.source})`,
    task: {
      prompt: opts.context === null ? prompt : `${prompt}\n\n<context>\n${opts.context}\n</context>`,
      maxSteps: tools.length === 0 ? schemaTries : LIMITS.agentSteps,
      schemaTries,
      timeoutMs: opts.timeoutMs,
      request: {
        model,
        system: systemPrompt({
          definition: definition === null || definition.prompt === '' ? null : definition.prompt,
          system: opts.system,
          tools: tools.length > 0,
          schema: opts.schema !== null,
        }),
        tools,
        schema: opts.schema,
        effort: opts.effort,
        temperature: opts.temperature,
        maxOutputTokens: opts.maxOutputTokens ?? LIMITS.maxOutputTokens,
        stallMs: LIMITS.stallMs,
        tries: opts.retries === null ? LIMITS.transportTries : opts.retries + 1,
      },
    },
  };
}

function findDefinition(name: string | null, config: Config, warn: (text: string) => void): AgentDefinition | null {
  if (name === null) return null;
  const found = Object.values(config.agents).find((a) => a.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const names = Object.keys(config.agents);
  const meant = nearest(name, names);
  const hint = meant === null ? '' : ` Did you mean ${meant}?`;
  const message = `agent(): there is no agentType ${JSON.stringify(name)}.${hint}`;
  if (config.strict) throw new BraidError('BRAID_AGENT_UNKNOWN', `${message} Known: ${names.join(', ')}.`);
  warn(`${message} The default agent serves.`);
  return null;
}

function toolsOf(
  opts: AgentOptions,
  definition: AgentDefinition | null,
  config: Config,
  warn: (text: string) => void,
): string[] {
  const wanted = opts.tools ?? definition?.tools ?? null;
  if (wanted !== null && wanted.length > 0 && config.workspace === null) {
    warn(`agent(): the run has no workspace, so the tools ${wanted.join(', ')} are not there.`);
  }
  if (config.workspace === null) return [];
  if (wanted === null) return [...READ_TOOLS];
  const { tools, unknown } = normalizeTools(wanted);
  for (const name of unknown) warn(`agent(): unknown tool ${name}; there are ${READ_TOOLS.join(', ')}.`);
  return tools;
}
