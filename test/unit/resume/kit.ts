/** Inputs of runs as histories hold them. */
import type { JsonObject } from '../../../protocol/json.ts';

const BASE: JsonObject = {
  limits: {},
  models: { main: 'a/main', sub: 'a/sub', aliases: { haiku: 'a/small' } },
  agents: {},
  workspace: { root: '/projects/there', base: 'main' },
  seed: 'feed',
  engine: 'e1',
  strict: false,
};

export const HASH = 'ab'.repeat(32);

export function scriptInput(more: JsonObject = {}): JsonObject {
  return {
    ...BASE,
    source: 'return 1',
    sourceHash: HASH,
    name: 'audit',
    file: 'audit.js',
    args: { n: 1 },
    hasArgs: true,
    ...more,
  };
}

export function rlmInput(more: JsonObject = {}): JsonObject {
  return {
    ...BASE,
    name: 'Which one?',
    question: ['Which ', { manifest: HASH, part: 0, start: 0, end: 9 }],
    asked: { head: 'Which one?', length: 10 },
    context: {
      ...{ kind: 'text', of: { manifest: HASH }, parts: 1, length: 5, bytes: 5, lines: 1 },
      ...{ names: [{ name: 'log', length: 5 }], head: 'a', tail: 'z' },
    },
    rlm: {
      model: 'a/main',
      subModel: 'a/sub',
      system: 'Be brief.',
      schema: { type: 'object' },
      maxIterations: 7,
      depth: 2,
    },
    prompts: { root: 'own' },
    toolModule: { file: '/c/braid.config.ts', tools: [{ name: 't', description: 'd' }] },
    ...more,
  };
}
