/** One `agent()` call of a script → the task that is to be done, with every name resolved (DW-15, DW-16, DW-18). */
import type { AgentTask } from '../../protocol/activities.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { CallKey } from '../../protocol/journal.ts';
import type { Json } from '../../protocol/json.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { AgentDefinition, PartBudget, ScriptInput } from '../../protocol/run-input.ts';
import type { Patch } from '../../protocol/overlay.ts';
import {
  AGENT_TOOLS,
  CALL_TOOLS,
  callsOthers,
  changesFiles,
  DESCRIBE_TOOL,
  normalizeTools,
  READ_TOOLS,
  WRITE_TOOLS,
} from '../../protocol/tool-names.ts';
import { isAdded } from '../effects/added.ts';
import { systemPrompt } from '../agent/prompts.ts';
import { labelOf } from '../../protocol/label.ts';
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
  /** Of an agent that reads or works on changes; absent: it reads the snapshot. */
  overlay?: OverlayUse;
}

export interface OverlayUse {
  isolated: boolean;
  /** Changes that the program gave it to begin on; null: none. */
  on: Patch[] | null;
  /** Whether it may change files. */
  writes: boolean;
}

/** With the books that it is written into, its own budget's if it has one. */
export interface BookedCall extends AgentCall {
  books: Books;
}

/** With its name across runs. */
export interface KeyedCall extends BookedCall {
  key: CallKey;
  /** Changes that it begins on, merged in this order; none: the snapshot. */
  begins: Patch[];
}

const ASKING: readonly string[] = [...CALL_TOOLS, DESCRIBE_TOOL];

type Config = Pick<ScriptInput, 'models' | 'agents' | 'workspace' | 'strict' | 'mayChange' | 'effects'>;

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
  const opts = parseAgentOptions(args[1], config.mayChange === true);
  for (const text of opts.ignored) warn(`agent(): ${text}`);
  const definition = findDefinition(opts.agentType, config, warn);
  const tools = toolsOf(opts, definition, config, warn);
  const overlay = overlayOf(opts, tools, warn);
  const schemaTries = opts.schemaTries ?? LIMITS.schemaTries;
  const model = modelOf(opts.model ?? definition?.model ?? null, config.models, warn);
  return {
    label: opts.label ?? labelOf(prompt, opts.agentType ?? 'agent'),
    phase: opts.phase ?? phase,
    budget: opts.budget,
    definition: definition === null ? null : `${definition.name} (${definition.source})`,
    ...(overlay === null ? {} : { overlay }),
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
          tools: tools.some((name) => !isAdded(name, config.effects?.tools) && !ASKING.includes(name)),
          writes: overlay?.writes ?? false,
          asks: callsOthers(tools),
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

/** What a result of the call tells of its changes: nothing, where it can make none. */
export function patchOf({ overlay }: AgentCall, { patch = null }: { patch?: Patch | null }): { patch?: Patch | null } {
  return overlay?.writes === true ? { patch } : {};
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
  const named = opts.tools ?? definition?.tools ?? null;
  const added = [...new Set(named ?? [])].filter((name) => isAdded(name, config.effects?.tools));
  const wanted = named?.filter((name) => !added.includes(name)) ?? null;
  if (config.workspace === null) {
    const { tools, unknown } = normalizeTools(wanted ?? [], config.mayChange === true ? CALL_TOOLS : []);
    if (unknown.length > 0) {
      warn(`agent(): the run has no workspace, so the tools ${unknown.join(', ')} are not there.`);
    }
    if (opts.isolation !== null) warn('agent(): the run has no workspace, so isolation has no effect.');
    return [...withDescribe(tools), ...added];
  }
  if (wanted === null) return opts.isolation !== null ? [...READ_TOOLS, ...WRITE_TOOLS] : [...READ_TOOLS];
  const there = config.mayChange === true ? AGENT_TOOLS : READ_TOOLS;
  const { tools, unknown } = normalizeTools(wanted, there);
  for (const name of unknown) warn(`agent(): unknown tool ${name}; there are ${there.join(', ')}.`);
  return [...withDescribe(tools), ...added];
}

/** Who may ask others by name is told their names. */
function withDescribe(tools: string[]): string[] {
  return tools.includes('agent') || tools.includes('workflow') ? [...tools, DESCRIBE_TOOL] : tools;
}

function overlayOf(
  { isolation, on }: AgentOptions,
  tools: readonly string[],
  warn: (text: string) => void,
): OverlayUse | null {
  const writes = changesFiles(tools);
  const isolated = isolation !== null;
  if (!writes && isolated && tools.length > 0) warn('agent(): isolation has no effect on an agent that only reads.');
  if (!writes && on !== null && tools.length === 0) warn('agent(): on has no effect on an agent without tools.');
  if (writes || (on !== null && tools.length > 0)) return { isolated, on, writes };
  // What those change that it asks, it reads.
  return callsOthers(tools) ? { isolated: false, on, writes } : null;
}
