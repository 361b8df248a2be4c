import { BraidError } from '../../protocol/errors.ts';
import { LIMITS, SETTING_BOUNDS } from '../../protocol/limits.ts';
import type { RunLimits } from '../../protocol/run-input.ts';
import { readDuration } from './durations.ts';
import type { Setting, Settings } from './settings.ts';

/**
 * The limits of a run from its settings and the defaults of design §5.1. A limit that may be absent can be switched off
 * with `none`.
 *
 * @throws BraidError BRAID_USAGE or BRAID_CONFIG that names the setting, its value and its bounds.
 */
export function resolveLimits(settings: Settings, options: { detach: boolean }): RunLimits {
  return {
    concurrency: whole(settings.concurrency, SETTING_BOUNDS.concurrency) ?? LIMITS.concurrency,
    maxCalls: whole(settings.maxCalls, SETTING_BOUNDS.maxCalls) ?? LIMITS.maxCalls,
    maxRequests: optional(settings.maxRequests, (setting) => whole(setting, SETTING_BOUNDS.maxRequests)),
    ...inputTokens(settings),
    maxOutputTokens: optional(settings.maxOutputTokens, (setting) => whole(setting, SETTING_BOUNDS.maxOutputTokens)),
    maxUsd: optional(settings.maxUsd, (setting) => bounded(setting, numberOf(setting), SETTING_BOUNDS.maxUsd)),
    maxTimeMs: optional(settings.maxTime, (setting) =>
      bounded(setting, readDuration(setting), SETTING_BOUNDS.maxTimeMs, ' ms'),
    ),
    maxDepth: whole(settings.maxDepth, SETTING_BOUNDS.maxDepth) ?? LIMITS.maxDepth,
    onLimit: onLimit(settings.onLimit) ?? (options.detach ? 'pause' : 'stop'),
  };
}

/** Absent when nobody set it: `--id` compares limits, and runs of older builds do not have it. */
function inputTokens({ maxInputTokens: setting }: Settings): Pick<RunLimits, 'maxInputTokens'> {
  if (setting === undefined) return {};
  return { maxInputTokens: optional(setting, (given) => whole(given, SETTING_BOUNDS.maxInputTokens)) };
}

/** `--strict` and its twins: a flag is a boolean, a variable is text. */
export function resolveStrict(setting: Setting | undefined): boolean {
  if (setting === undefined) return false;
  const text = String(setting.value).toLowerCase();
  if (['true', '1', 'yes'].includes(text)) return true;
  if (['false', '0', 'no'].includes(text)) return false;
  throw wrong(setting, 'is neither true nor false', 'Write true or false.');
}

interface Bounds {
  min: number;
  max: number;
}

function optional(setting: Setting | undefined, read: (setting: Setting) => number | null): number | null {
  return setting === undefined || setting.value === 'none' ? null : read(setting);
}

export function whole(setting: Setting | undefined, bounds: Bounds): number | null {
  if (setting === undefined) return null;
  const value = numberOf(setting);
  if (!Number.isInteger(value))
    throw wrong(setting, 'is no whole number', `Write a number from ${bounds.min} to ${bounds.max}.`);
  return bounded(setting, value, bounds);
}

function numberOf(setting: Setting): number {
  const { value } = setting;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  // Only plain decimals: Number() would also take '', ' ', 0x10 and Infinity.
  if (typeof value === 'string' && /^-?\d[\d_]*(?:\.\d+)?$/.test(value.trim()))
    return Number(value.replaceAll('_', ''));
  throw wrong(setting, 'is no number', 'Write digits, for example 100 or 100_000.');
}

function bounded(setting: Setting, value: number, { min, max }: Bounds, unit = ''): number {
  if (value >= min && value <= max) return value;
  const side = value < min ? `is below ${min}${unit}` : `is above ${max}${unit}`;
  throw wrong(setting, side, `Choose a value from ${min}${unit} to ${max}${unit}.`);
}

function onLimit(setting: Setting | undefined): 'stop' | 'pause' | null {
  if (setting === undefined) return null;
  if (setting.value === 'stop' || setting.value === 'pause') return setting.value;
  throw wrong(
    setting,
    'is neither stop nor pause',
    'Write stop (a partial result) or pause (wait for a higher limit).',
  );
}

function wrong({ value, from, code }: Setting, what: string, fix: string): BraidError {
  return new BraidError(code, `${from}: ${JSON.stringify(value)} ${what}.`, { fix });
}
