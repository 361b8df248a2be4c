/** Lines of results files as text and back. Files may be of another version, or edited: what is no line of ours is left out. */
import type { ItemLine } from '../../protocol/batch.ts';
import { isJsonObject, type JsonObject } from '../../protocol/json.ts';
import { NO_USAGE, type Usage } from '../../protocol/outcome.ts';

export function lineText({ item, status, reason, value, large, error, usage, run }: ItemLine): string {
  return JSON.stringify({
    item,
    status,
    ...(reason === undefined ? {} : { reason }),
    value,
    ...(large === undefined ? {} : { large }),
    error,
    usage,
    run,
  });
}

/** The parts of a line that others count with; null for a line that is none. */
export type LineFacts = Pick<ItemLine, 'item' | 'status' | 'reason' | 'usage' | 'run'>;

export function parseLine(text: string): (LineFacts & { json: JsonObject }) | null {
  const json = parse(text);
  if (json === null) return null;
  const { item, status, reason, usage, run } = json;
  if (typeof item !== 'number' || !Number.isInteger(item) || !isStatus(status)) return null;
  return {
    json,
    item,
    status,
    ...(reason === 'invalid' ? { reason } : {}),
    usage: usageOf(isJsonObject(usage) ? usage : {}),
    run: typeof run === 'string' ? run : null,
  };
}

function parse(text: string): JsonObject | null {
  try {
    const json: unknown = JSON.parse(text);
    return isJsonObject(json) ? json : null;
  } catch {
    return null;
  }
}

const STATUSES: ReadonlySet<unknown> = new Set<ItemLine['status']>([
  ...(['completed', 'completed_with_failures', 'stopped', 'failed', 'cancelled'] as const),
]);

function isStatus(status: unknown): status is ItemLine['status'] {
  return STATUSES.has(status);
}

/** An unknown price stays unknown. */
function usageOf(json: JsonObject): Usage {
  const usage: Usage = { ...NO_USAGE, usd: typeof json.usd === 'number' ? json.usd : null };
  for (const name of ['calls', 'requests', 'replayed', 'failed', 'refused', 'inputTokens', 'outputTokens'] as const) {
    const value = json[name];
    if (typeof value === 'number') usage[name] = value;
  }
  return usage;
}
