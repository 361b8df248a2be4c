/** The options of `agent()` as the guest gave them → checked. The guest is hostile: parse, never cast. */
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { schemaProblem } from '../../protocol/schema-check.ts';
import { parseDuration } from '../../protocol/duration.ts';
import { parsePatch, type Patch } from '../../protocol/overlay.ts';
import type { PartBudget } from '../../protocol/run-input.ts';
import { parseBudget } from '../ledger/budget.ts';
import { nearest } from './nearest.ts';

export interface AgentOptions {
  label: string | null;
  phase: string | null;
  schema: JsonObject | null;
  model: string | null;
  effort: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null;
  agentType: string | null;
  timeoutMs: number | null;
  tools: string[] | null;
  system: string | null;
  maxOutputTokens: number | null;
  temperature: number | null;
  context: string | null;
  retries: number | null;
  schemaTries: number | null;
  budget: PartBudget | null;
  /** It works on changes of its own, which no other agent sees unless it is given them. */
  isolation: 'worktree' | null;
  /** Changes that it begins on; null: not said. */
  on: Patch[] | null;
  /** What was left out of account, for warnings: names that are no option, words that are no effort. */
  ignored: string[];
}

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
const OLDER = [
  ...['label', 'phase', 'schema', 'model', 'effort', 'isolation', 'agentType', 'timeout', 'tools', 'system'],
  ...['maxOutputTokens', 'temperature', 'context', 'rlm', 'budget', 'retries', 'schemaTries'],
];
const KNOWN = [...OLDER, 'on'];

/** `mayChange`: false in runs of older builds, which knew neither isolation nor `on`. */
export function parseAgentOptions(raw: Json | undefined, mayChange = true): AgentOptions {
  const opts = raw ?? {};
  if (!isJsonObject(opts)) throw optionError('opts', 'an object', opts);
  const has = (name: string): Json => opts[name] ?? null;
  const isolation = isolationOf(has('isolation'), mayChange);
  return {
    label: caption(has('label')),
    phase: caption(has('phase')),
    schema: schema(has('schema')),
    model: text(opts, 'model'),
    effort: effort(has('effort')),
    agentType: text(opts, 'agentType'),
    timeoutMs: duration(has('timeout')),
    tools: tools(has('tools')),
    system: text(opts, 'system'),
    maxOutputTokens: integer(opts, 'maxOutputTokens', 1, 1_000_000),
    temperature: number(opts, 'temperature', 0, 2),
    context: context(has('context')),
    retries: integer(opts, 'retries', 0, 10),
    schemaTries: integer(opts, 'schemaTries', 1, 20),
    budget: parseBudget(opts['budget'], 'agent()'),
    isolation,
    on: mayChange ? patches(has('on')) : null,
    ignored: [...unknownNames(opts, mayChange ? KNOWN : OLDER), ...unknownEffort(has('effort'))],
  };
}

export function unknownNames(opts: JsonObject, known: readonly string[] = KNOWN): string[] {
  const names = Object.keys(opts).filter((name) => !known.includes(name));
  return names.map((name) => {
    const meant = nearest(name, known);
    return `unknown option ${name}${meant === null ? ' is ignored' : `; did you mean ${meant}?`}`;
  });
}

/** Other systems have other words for it, and a call is worth more than its effort. */
function unknownEffort(value: Json): string[] {
  if (value === null || effort(value) !== null) return [];
  return [`effort ${shortened(JSON.stringify(value))} is ignored; there are ${EFFORTS.join(', ')}`];
}

export function parsePrompt(raw: Json | undefined): string {
  if (typeof raw !== 'string') throw optionError('prompt', 'a string', raw ?? null);
  if (raw.length > LIMITS.promptChars) {
    throw new BraidError(
      'BRAID_OPTION',
      `The prompt has ${raw.length} characters; no provider reads more than ${LIMITS.promptChars}.`,
      { fix: 'Pass large material as files of the workspace, which agents read with tools.' },
    );
  }
  return raw;
}

/** Only shown to people, so anything will do. */
export function caption(value: Json): string | null {
  return value === null || typeof value === 'string' ? value : shortened(JSON.stringify(value));
}

export function text(opts: JsonObject, name: string): string | null {
  const value = opts[name] ?? null;
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw optionError(name, 'a string', value);
}

function number(opts: JsonObject, name: string, low: number, high: number): number | null {
  const value = opts[name] ?? null;
  if (value === null) return null;
  if (typeof value === 'number' && value >= low && value <= high) return value;
  throw optionError(name, `a number from ${low} to ${high}`, value);
}

export function integer(opts: JsonObject, name: string, low: number, high: number): number | null {
  const value = number(opts, name, low, high);
  if (value === null || Number.isInteger(value)) return value;
  throw optionError(name, 'a whole number', value);
}

export function schema(value: Json): JsonObject | null {
  if (value === null) return null;
  const problem = isJsonObject(value) ? schemaProblem(value) : 'it is no object';
  if (problem !== null) throw new BraidError('BRAID_SCHEMA_INVALID', `The schema cannot be used: ${problem}.`);
  return value as JsonObject;
}

export function effort(value: Json): AgentOptions['effort'] {
  return EFFORTS.find((name) => name === value) ?? null;
}

function duration(value: Json): number | null {
  if (value === null) return null;
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? parseDuration(value) : null;
  if (ms === null || !Number.isFinite(ms) || ms <= 0)
    throw optionError('timeout', 'milliseconds or a text such as "5m"', value);
  return Math.ceil(ms);
}

function tools(value: Json): string[] | null {
  if (value === null) return null;
  const list = typeof value === 'string' ? value.split(/[\s,]+/).filter((name) => name !== '') : value;
  if (Array.isArray(list) && list.every((name) => typeof name === 'string')) return list;
  throw optionError('tools', 'a list of tool names', value);
}

function isolationOf(value: Json, mayChange: boolean): AgentOptions['isolation'] {
  if ([null, false, '', 'none'].includes(value as string)) return null;
  if (mayChange && value === 'worktree') return value;
  throw notAvailable('isolation');
}

function patches(value: Json): Patch[] | null {
  if (value === null) return null;
  const list = (Array.isArray(value) ? value : [value]).map((one) => parsePatch(one));
  if (list.every((one) => one !== null)) return list;
  throw optionError('on', 'a patch or a list of patches', value);
}

function context(value: Json): string | null {
  if (value === null || typeof value === 'string') return value;
  return JSON.stringify(value, null, 2);
}

function optionError(name: string, wanted: string, got: Json): BraidError {
  return new BraidError('BRAID_OPTION', `agent(): ${name} must be ${wanted}, not ${shortened(JSON.stringify(got))}.`, {
    fix: `Give ${name} as ${wanted}.`,
  });
}

function shortened(json: string): string {
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}

export function hasBudget(opts: Json | undefined): boolean {
  return isJsonObject(opts) && opts['budget'] !== undefined && opts['budget'] !== null;
}

export function notAvailable(name: string): BraidError {
  return new BraidError(
    'BRAID_NOT_AVAILABLE',
    `agent(): the option ${name} is not available in this version of Braid.`,
    {
      fix: `Leave ${name} out.`,
    },
  );
}
