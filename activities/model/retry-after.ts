import { MODEL_CALL } from '../../protocol/limits.ts';

type Headers = Record<string, string | undefined>;

/**
 * How long a provider asks us to wait, in ms; null when it does not say. Most exact first: `retry-after-ms`,
 * `retry-after` (seconds or a date), then the reset times of the limits that are used up.
 */
export function retryAfterOf(headers: Headers | undefined, now: number = Date.now()): number | null {
  if (headers === undefined) return null;
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const ms = Number(byName.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms)) return bounded(ms);
  const after = timeOf(byName.get('retry-after'), now);
  if (after !== null) return bounded(after);

  const resets: { used: boolean; ms: number }[] = [];
  for (const [name, value] of byName) {
    const match = /^(?:x-|anthropic-)?ratelimit-(?:reset(?:-(.+))?|(.+)-reset)$/.exec(name);
    const wait = match === null ? null : timeOf(value, now);
    if (match === null || wait === null) continue;
    const kind = match[1] ?? match[2];
    const remaining = byName.get(`x-ratelimit-remaining${kind === undefined ? '' : `-${kind}`}`);
    resets.push({ used: remaining !== undefined && Number(remaining) <= 0, ms: wait });
  }
  const used = resets.filter((reset) => reset.used);
  const waits = (used.length > 0 ? used : resets).map((reset) => reset.ms);
  return waits.length === 0 ? null : bounded(Math.max(...waits));
}

/** `3`, `0.5`, `1m30s`, `20ms`, a date, seconds or ms since the epoch → ms from now. */
export function timeOf(text: string | undefined, now: number): number | null {
  if (text === undefined || text.trim() === '') return null;
  const value = Number(text);
  if (Number.isFinite(value)) {
    if (value > 1e12) return value - now;
    return value > 1e9 ? value * 1000 - now : value * 1000;
  }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s|d)/g)];
  if (parts.length > 0 && parts.map((part) => part[0]).join('') === text.trim()) {
    return parts.reduce((sum, part) => sum + Number(part[1]) * (UNITS[part[2] ?? 's'] ?? 1000), 0);
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : date - now;
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MODEL_CALL.retryAfterMaxMs);
}
