import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { Outcome, Spend, Usage } from '../../protocol/outcome.ts';
import { count, list, object } from '../../histories/parse-json.ts';
import { parseOutcome } from './parse.ts';
import { parseSpend } from './parse-spend.ts';

/** Where the executions before this one of a chain stood, as views need it when their histories are gone. */
export interface Before {
  usage: Usage;
  saved: Spend;
  outcomes: Outcome[];
  /** Limits as they were then. */
  limits: Json;
  paused: boolean;
}

/** What an execution that goes on from another was handed; null for the first of a chain. */
export function parseBefore(input: Json): Before | null {
  const { tree } = object(object(input).handover);
  if (!isJsonObject(tree)) return null;
  const { limits = null } = tree;
  const saved = parseSpend(tree.replayed);
  return {
    usage: {
      calls: count(tree.calls),
      requests: count(tree.requests),
      replayed: count(tree.replayedCalls),
      failed: count(tree.failed),
      refused: count(tree.refused),
      ...without(parseSpend(tree.spend), saved),
    },
    saved,
    outcomes: list(tree.outcomes).flatMap(parseOutcome),
    limits,
    paused: tree.paused === true,
  };
}

/** Books charge what was served as if it had been paid (design §6); a run's own usage is the rest. */
function without(all: Spend, served: Spend): Spend {
  return {
    inputTokens: Math.max(0, all.inputTokens - served.inputTokens),
    outputTokens: Math.max(0, all.outputTokens - served.outputTokens),
    usd: all.usd === null || served.usd === null ? null : Math.max(0, all.usd - served.usd),
  };
}
