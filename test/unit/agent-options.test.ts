import { describe, expect, it } from 'vitest';
import { isBraidError } from '../../protocol/errors.ts';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { BUILT_IN_AGENTS } from '../../protocol/built-in-agents.ts';
import { resolveAgentCall } from '../../workflows/calls/agent-call.ts';
import { READ_TOOLS } from '../../protocol/tool-names.ts';
import { parseAgentOptions } from '../../workflows/calls/options.ts';
import { agentKey } from '../../workflows/journal/keys.ts';

function codeOf(opts: Json): string {
  try {
    parseAgentOptions(opts);
  } catch (error) {
    if (isBraidError(error)) return error.code;
    throw error;
  }
  return 'accepted';
}

/** What a run says of the options of one call. */
function warningsOf(opts: JsonObject): string[] {
  const warnings: string[] = [];
  const models = { main: 'a/b', sub: 'a/b', aliases: {} };
  const config = { models, agents: { ...BUILT_IN_AGENTS }, workspace: null, strict: false };
  resolveAgentCall(['do it', opts], null, config, (text) => warnings.push(text));
  return warnings;
}

describe('DW-15 options that scripts written elsewhere give', () => {
  it.each([null, false, '', 'none'])('isolation: %j asks for none', (isolation) => {
    expect(codeOf({ isolation })).toBe('accepted');
  });

  it.each(['container', true])('DW-17 isolation: %j is a clear error', (isolation) => {
    expect(codeOf({ isolation })).toBe('BRAID_NOT_AVAILABLE');
  });

  it('a label or phase of any type is shown, never refused', () => {
    expect(parseAgentOptions({ label: 7, phase: ['a', 1] })).toMatchObject({ label: '7', phase: '["a",1]' });
    expect(parseAgentOptions({ label: { id: 'x'.repeat(500) } }).label).toHaveLength(81);
    expect(parseAgentOptions({ label: null })).toMatchObject({ label: null, ignored: [] });
  });

  it.each(['minimal', 'auto', 'High', 3, true])('effort: %j is left out with a warning', (effort) => {
    expect(parseAgentOptions({ effort }).effort).toBeNull();
    expect(warningsOf({ effort })).toEqual([expect.stringContaining(`effort ${JSON.stringify(effort)} is ignored`)]);
  });

  it('options that decide what is asked for stay strict', () => {
    expect(codeOf({ temperature: 'hot' })).toBe('BRAID_OPTION');
    expect(codeOf({ model: ['a'] })).toBe('BRAID_OPTION');
    expect(codeOf({ tools: [1] })).toBe('BRAID_OPTION');
    expect(codeOf({ schema: './answer.schema.json' })).toBe('BRAID_SCHEMA_INVALID');
  });
});

describe('DW-17 agents that may change files', () => {
  const P = { id: 'agent:1', overlay: 'a'.repeat(64), from: null, files: [] };
  const models = { main: 'a/b', sub: 'a/b', aliases: {} };
  const writer = { name: 'writer', description: '', prompt: 'W', model: null, tools: ['read', 'edit'], source: 't' };
  const config = { models, agents: { writer }, workspace: { root: '/w', base: null }, strict: false };
  const resolved = (opts: JsonObject, mayChange = true, warn: (text: string) => void = () => undefined) =>
    resolveAgentCall(['do it', opts], null, { ...config, ...(mayChange ? { mayChange } : {}) }, warn);

  it('are those with a tool that writes: by their options, their definition, or isolation', () => {
    const of = (opts: JsonObject) => resolved(opts).overlay;
    expect(of({})).toBeUndefined();
    expect(of({ tools: ['read'] })).toBeUndefined();
    expect(of({ tools: ['Edit'] })).toEqual({ isolated: false, on: null, writes: true });
    expect(of({ tools: ['bash'] })).toEqual({ isolated: false, on: null, writes: true });
    expect(of({ agentType: 'writer' })).toEqual({ isolated: false, on: null, writes: true });
    expect(of({ isolation: 'worktree' })).toEqual({ isolated: true, on: null, writes: true });
    expect(of({ on: P })).toEqual({ isolated: false, on: [P], writes: false });
    expect(of({ on: [P, P], tools: [] })).toBeUndefined();
    expect(resolved({ isolation: 'worktree' }).task.request.tools).toEqual([...READ_TOOLS, 'edit', 'write', 'delete']);
  });

  it('are told so, and nobody else is', () => {
    expect(resolved({ tools: ['edit'] }).task.request.system).toContain('You may change files.');
    for (const opts of [{}, { on: P }, { tools: [] }]) {
      expect(resolved(opts).task.request.system).not.toContain('change files');
      const { system, tools } = resolved(opts).task.request;
      expect(resolved(opts, false).task.request).toMatchObject({ system, tools });
    }
  });

  it('are unknown to runs of older builds, which say what they said', () => {
    const warnings: string[] = [];
    const call = resolved({ tools: ['Edit', 'Bash', 'read'], on: P }, false, (text) => warnings.push(text));
    expect(call.task.request.tools).toEqual(['read']);
    expect(call.overlay).toBeUndefined();
    expect(warnings).toEqual([
      'agent(): unknown option on is ignored',
      expect.stringContaining('unknown tool Edit; there are list, glob, read, grep, diff, git_log, git_show.'),
      expect.stringContaining('unknown tool Bash'),
    ]);
    expect(() => resolved({ isolation: 'worktree' }, false)).toThrow(/isolation is not available/);
  });

  it.each([7, 'text', [{ ...P, overlay: 'x' }], { ...P, files: [{ path: 1 }] }])('on: %j is refused', (on) => {
    expect(codeOf({ on: on as Json })).toBe('BRAID_OPTION');
  });

  it('what they begin on is in their key, and nothing is in the key of those that read', () => {
    const { task } = resolved({ tools: ['edit'] });
    const key = (isolated: boolean, ...overlays: string[]) =>
      agentKey(
        task,
        { isolated },
        overlays.map((overlay) => ({ ...P, overlay })),
      ).hash;
    expect(new Set([agentKey(task).hash, key(false), key(true), key(false, 'a'), key(false, 'a', 'b')]).size).toBe(5);
    expect(agentKey(task).parts).not.toContain('changes');
  });
});

describe('warnings name what was probably meant, and nothing far from it', () => {
  it.each([
    ['lable', 'label'],
    ['schemas', 'schema'],
    ['agent_type', 'agentType'],
    ['temprature', 'temperature'],
  ])('%s → %s', (name, meant) => {
    expect(warningsOf({ [name]: 'x' })).toEqual([`agent(): unknown option ${name}; did you mean ${meant}?`]);
  });

  it.each(['_trace', 'onFailure', 'readOnly', 'provider'])('%s is only said to be ignored', (name) => {
    expect(warningsOf({ [name]: 1 })).toEqual([`agent(): unknown option ${name} is ignored`]);
  });

  it('the same for an agentType', () => {
    expect(warningsOf({ agentType: 'Explorer' }).join()).toContain('Did you mean Explore?');
    expect(warningsOf({ agentType: 'auditor' })).toEqual([
      'agent(): there is no agentType "auditor". The default agent serves.',
    ]);
  });
});
