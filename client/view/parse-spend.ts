import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { Spend } from '../../protocol/outcome.ts';
import { count } from '../../histories/parse-json.ts';

/** An unknown price stays unknown (null); a missing record is no spend. */
export function parseSpend(json: Json | undefined): Spend {
  if (!isJsonObject(json)) return { inputTokens: 0, outputTokens: 0, usd: 0 };
  const usd = typeof json.usd === 'number' && Number.isFinite(json.usd) ? json.usd : null;
  return { inputTokens: count(json.inputTokens), outputTokens: count(json.outputTokens), usd };
}

/** What was served from an earlier run; null when there is no record of it. */
export function parseSaved(json: Json | undefined): Spend | null {
  return isJsonObject(json) ? parseSpend(json) : null;
}
