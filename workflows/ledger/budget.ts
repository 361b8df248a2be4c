/** `budget` of a phase, a call or a node, as a program gave it → caps. The guest is hostile: parse, never cast. */
import { parseDuration } from '../../protocol/duration.ts';
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { SETTING_BOUNDS } from '../../protocol/limits.ts';
import type { PartBudget } from '../../protocol/run-input.ts';
import type { Caps } from './ledger.ts';

export const NO_BUDGET: PartBudget = { calls: null, outputTokens: null };

const COUNTS = {
  calls: SETTING_BOUNDS.maxCalls,
  requests: SETTING_BOUNDS.maxRequests,
  inputTokens: SETTING_BOUNDS.maxInputTokens,
  outputTokens: SETTING_BOUNDS.maxOutputTokens,
} as const;

/** All that a budget may cap. */
const BUDGET_NAMES = [...Object.keys(COUNTS), 'usd', 'time'];

/** Null for a budget that is absent or caps nothing. Throws BRAID_OPTION that names `where`, for example `agent()`. */
export function parseBudget(raw: Json | undefined, where: string): PartBudget | null {
  if (raw === undefined || raw === null) return null;
  if (!isJsonObject(raw)) throw wrong(where, 'budget', `an object such as {usd: 0.5}`, raw);
  const unknown = Object.keys(raw).find((name) => !BUDGET_NAMES.includes(name));
  if (unknown !== undefined) {
    const message = `${where}: budget has no ${JSON.stringify(unknown.slice(0, 40))}; there are ${BUDGET_NAMES.join(', ')}.`;
    throw new BraidError('BRAID_OPTION', message, { fix: `Use one of ${BUDGET_NAMES.join(', ')}.` });
  }
  const budget: PartBudget = {
    calls: count(raw['calls'], 'calls', where),
    requests: count(raw['requests'], 'requests', where),
    inputTokens: count(raw['inputTokens'], 'inputTokens', where),
    outputTokens: count(raw['outputTokens'], 'outputTokens', where),
    usd: dollars(raw['usd'], where),
    timeMs: time(raw['time'], where),
  };
  return Object.values(budget).every((cap) => cap === null) ? null : budget;
}

export function capsOf({ calls, requests, inputTokens, outputTokens, usd, timeMs }: PartBudget): Caps {
  return {
    maxCalls: calls ?? Number.MAX_SAFE_INTEGER,
    maxRequests: requests ?? null,
    maxInputTokens: inputTokens ?? null,
    maxOutputTokens: outputTokens,
    maxUsd: usd ?? null,
    maxTimeMs: timeMs ?? null,
  };
}

function count(value: Json | undefined, name: keyof typeof COUNTS, where: string): number | null {
  if (value === undefined || value === null) return null;
  const { min, max } = COUNTS[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw wrong(where, `budget.${name}`, `a whole number from ${min} to ${max}`, value);
}

function dollars(value: Json | undefined, where: string): number | null {
  if (value === undefined || value === null) return null;
  const { min, max } = SETTING_BOUNDS.maxUsd;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw wrong(where, 'budget.usd', `a number of dollars from ${min} to ${max}`, value);
}

function time(value: Json | undefined, where: string): number | null {
  if (value === undefined || value === null) return null;
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? parseDuration(value) : null;
  if (ms !== null && Number.isFinite(ms) && ms >= 1 && ms <= SETTING_BOUNDS.maxTimeMs.max) return Math.ceil(ms);
  throw wrong(where, 'budget.time', 'milliseconds or a text such as "5m"', value);
}

function wrong(where: string, name: string, wanted: string, got: Json): BraidError {
  const json = JSON.stringify(got);
  const shown = json.length > 80 ? `${json.slice(0, 80)}…` : json;
  return new BraidError('BRAID_OPTION', `${where}: ${name} must be ${wanted}, not ${shown}.`, {
    fix: `Give ${name} as ${wanted}.`,
  });
}
