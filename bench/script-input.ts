import { ENGINE_HASH } from '../sandbox/engine/engine-hash.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { ModelRequest } from '../protocol/model-call.ts';
import type { ScriptInput } from '../protocol/run-input.ts';
import { checkScript } from '../sandbox/check/index.ts';
import { systemPrompt } from '../workflows/agent/prompts.ts';

const MODEL = 'offline/echo';

/** Calls in flight on both sides. */
export const WINDOW = LIMITS.maxConcurrency;

/** What an `agent()` without options sends, but for its prompt. */
export const REQUEST: Omit<ModelRequest, 'messages'> = {
  model: MODEL,
  system: systemPrompt({ definition: null, system: null, tools: false, schema: false }),
  tools: [],
  schema: null,
  effort: null,
  temperature: null,
  maxOutputTokens: LIMITS.maxOutputTokens,
  stallMs: LIMITS.stallMs,
  tries: LIMITS.transportTries,
};

export function scriptInput(text: string): ScriptInput {
  const file = 'bench.js';
  const { source, name, meta } = checkScript(text, { file });
  return {
    source,
    sourceHash: 'bench',
    name,
    file,
    meta,
    args: null,
    hasArgs: false,
    warnings: [],
    limits: {
      concurrency: WINDOW,
      // Far away, so that the run says nothing of its budget.
      maxCalls: 100 * LIMITS.maxCalls,
      maxRequests: null,
      maxOutputTokens: null,
      maxUsd: null,
      maxTimeMs: null,
      maxDepth: LIMITS.maxDepth,
      onLimit: 'stop',
    },
    models: { main: MODEL, sub: MODEL, aliases: {} },
    agents: {},
    workspace: null,
    seed: 'bench',
    engine: ENGINE_HASH,
    strict: false,
  };
}
