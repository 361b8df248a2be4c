import { describe, expect, it } from 'vitest';
import { BUILT_IN_AGENTS } from '../../../protocol/built-in-agents.ts';
import { CALLABLES } from '../../../protocol/limits.ts';
import { CallableCosts } from '../../../workflows/callables/costs.ts';
import { callables, describeCallable, type CallableWorld } from '../../../workflows/callables/describe.ts';

const WORLD: CallableWorld = {
  agents: {
    ...BUILT_IN_AGENTS,
    sceptic: {
      ...{ name: 'sceptic', description: 'Refutes', prompt: 'p'.repeat(1_000), model: 'small', tools: ['read'] },
      source: '.braid/agents/sceptic.md',
    },
    audit: { name: 'audit', description: 'An agent', prompt: 'Audit.', model: null, tools: null, source: 'a.md' },
  },
  models: { main: 'a/main', sub: 'a/sub', aliases: { small: 'a/small' } },
  workflows: [
    { name: 'risks', description: 'Finds risks', args: { type: 'object' } },
    { name: 'audit', description: null, args: null },
  ],
  toolModule: { file: '/x/braid.config.ts', tools: [{ name: 'clock', description: 'Tells the time' }] },
};
const about = (name: string, costs = new CallableCosts()) => describeCallable(WORLD, costs, name);

describe('callables', () => {
  it('C1: lists agents, workflows and tools by the names that call() takes', () => {
    expect(callables(WORLD).map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      ...['agent Explore', 'agent Plan', 'agent agent:audit', 'agent general-purpose', 'agent sceptic'],
      ...['workflow workflow:audit', 'workflow risks', 'tool clock'],
    ]);
  });

  it('is the same whatever the order of definitions', () => {
    const agents = Object.fromEntries(Object.entries(WORLD.agents).toReversed());
    const mixed = { ...WORLD, agents, workflows: WORLD.workflows.toReversed() };
    expect(callables(mixed)).toEqual(callables(WORLD));
  });

  it('every listed name can be described', () => {
    for (const { name, kind } of callables(WORLD)) expect(about(name)).toMatchObject({ name, kind });
  });
});

describe('describeCallable', () => {
  it('C2, C3: tells an agent by its definition, with the start of its prompt', () => {
    expect(about('SCEPTIC')).toMatchObject({
      ...{ name: 'sceptic', kind: 'agent', description: 'Refutes', model: 'a/small', tools: ['read'] },
      prompt: { head: 'p'.repeat(CALLABLES.promptChars), chars: 1_000 },
    });
    expect(about('Explore')).toMatchObject({ model: 'a/main', tools: null });
  });

  it('tells what a workflow and a tool take, as far as they say so', () => {
    expect(about('risks')).toMatchObject({ kind: 'workflow', prompt: null, args: { type: 'object' }, model: null });
    expect(about('tool:clock')).toMatchObject({ name: 'clock', args: null, description: 'Tells the time' });
    expect(about('workflow:audit')).toMatchObject({ kind: 'workflow', description: '' });
  });

  it('tells the cost so far of each by itself', () => {
    const costs = new CallableCosts();
    costs.ended('agent', 'audit', { ok: true, spend: { inputTokens: 10, outputTokens: 2, usd: 0.5 } });
    costs.ended('agent', 'audit', { ok: false, spend: { inputTokens: 5, outputTokens: 0, usd: 0.25 } });
    costs.ended('workflow', 'audit', { ok: true, spend: { inputTokens: 1, outputTokens: 1, usd: null } });
    expect(about('agent:audit', costs).cost).toEqual({
      ...{ calls: 2, failed: 1, inputTokens: 15, outputTokens: 2, usd: 0.75 },
    });
    expect(about('workflow:audit', costs).cost).toMatchObject({ calls: 1, usd: null });
    expect(about('risks', costs).cost).toEqual({ calls: 0, failed: 0, inputTokens: 0, outputTokens: 0, usd: 0 });
  });

  it('refuses a name that nothing or several things bear, with what was probably meant', () => {
    const refused = (name: string) => {
      try {
        about(name);
      } catch (error) {
        return error;
      }
      return null;
    };
    expect(refused('septic')).toMatchObject({
      code: 'BRAID_CALL_NAME',
      message: expect.stringMatching(/mean sceptic\?/),
    });
    expect(refused('audit')).toMatchObject({
      code: 'BRAID_CALL_NAME',
      message: expect.stringMatching(/agent:audit, workflow:audit/),
    });
    expect(refused('tool:Explore')).toMatchObject({ code: 'BRAID_CALL_NAME' });
    expect(refused('')).toMatchObject({ code: 'BRAID_CALL_NAME' });
  });
});
