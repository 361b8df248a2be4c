import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AgentTask } from '../../../protocol/activities.ts';
import type { ModelMessage, ModelRequest } from '../../../protocol/model-call.ts';
import type { RlmInput } from '../../../protocol/rlm.ts';
import type { ScriptInput } from '../../../protocol/run-input.ts';
import { agentKey, changedParts, requestKey, rlmKey, scriptKey } from '../../../workflows/journal/keys.ts';
import { withoutBudget } from '../../../workflows/rlm/prompts/turns.ts';

const request: Omit<ModelRequest, 'messages'> = {
  model: 'openai-chat/x',
  system: 'You are an agent.',
  tools: ['read', 'grep'],
  schema: { type: 'object', properties: { n: { type: 'number' } } },
  effort: null,
  temperature: null,
  maxOutputTokens: 4096,
  stallMs: 60_000,
  tries: 3,
};
const task: AgentTask = { prompt: 'Review a.ts', request, maxSteps: 40, schemaTries: 5, timeoutMs: null };
const rlm = {
  question: 'How many?',
  context: { of: { manifest: 'ab'.repeat(32) } },
  models: { main: 'openai-chat/x', sub: 'openai-chat/x', aliases: {} },
  prompts: {},
  toolModule: null,
  rlm: {
    model: 'openai-chat/x',
    subModel: 'openai-chat/y',
    system: null,
    schema: null,
    depth: 1,
    effort: null,
    maxIterations: 20,
  },
} as unknown as RlmInput;
const script = {
  sourceHash: 'cd'.repeat(32),
  args: { n: 1 },
  hasArgs: true,
  models: rlm.models,
} as unknown as ScriptInput;
const messages: ModelMessage[] = [
  { role: 'user', text: 'Go.\n\n[Turn 1 of 20 · 0 of 1000 calls used · 0 output tokens used]' },
];

describe('K1: the vectors of keys, for ever', () => {
  const vectors: unknown = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'));
  test('equal requests have the keys that they always had', () => {
    expect({
      agent: agentKey(task),
      rlm: rlmKey(rlm),
      script: scriptKey(script),
      request: requestKey({ ...request, messages }),
    }).toEqual(vectors);
  });

  test('the order of members makes no difference', () => {
    const turned = Object.fromEntries(Object.entries(request).toReversed()) as typeof request;
    expect(agentKey({ ...task, request: turned })).toEqual(agentKey(task));
  });

  test.each<[string, AgentTask, string]>([
    ['prompt', { ...task, prompt: 'Review b.ts' }, 'prompt'],
    ['system', { ...task, request: { ...request, system: 'Else.' } }, 'system'],
    ['schema', { ...task, request: { ...request, schema: null } }, 'schema, settings'],
    ['model', { ...task, request: { ...request, model: 'openai-chat/y' } }, 'model'],
    ['tools', { ...task, request: { ...request, tools: [] } }, 'tools'],
    ['effort', { ...task, request: { ...request, effort: 'high' } }, 'settings'],
    ['temperature', { ...task, request: { ...request, temperature: 0.5 } }, 'settings'],
    ['maxOutputTokens', { ...task, request: { ...request, maxOutputTokens: 1 } }, 'settings'],
    ['tries of a schema', { ...task, schemaTries: 2 }, 'settings'],
  ])('another %s is another call, and the parts say which', (_, other, parts) => {
    expect(agentKey(other).hash).not.toBe(agentKey(task).hash);
    expect(changedParts(agentKey(task).parts, agentKey(other).parts)).toBe(parts);
  });

  test('how it is sent is no part of what is asked', () => {
    const sent = { ...request, stallMs: 1, tries: 1 };
    expect(agentKey({ ...task, request: sent, timeoutMs: 5, maxSteps: 1 })).toEqual(agentKey(task));
  });
});

describe('K2: no limit is in a key', () => {
  test('neither iterations nor a budget', () => {
    const other = { ...rlm, rlm: { ...rlm.rlm, maxIterations: 99, compactChars: 5, maxOutputTokens: 7 } };
    expect(rlmKey(other)).toEqual(rlmKey(rlm));
  });

  test('nor what a turn is told of them', () => {
    const key = (line: string) =>
      requestKey({ ...request, messages: [{ role: 'user', text: `Go.\n\n[${line}]\nEnd.` }] }, withoutBudget);
    expect(key('Turn 1 of 20 · 0 of 1000 calls used')).toEqual(key('Turn 1 of 9 · 3 calls used'));
    expect(key('Turn 1')).not.toEqual(key('Turn 2'));
  });
});
