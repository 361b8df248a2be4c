import { describe, expect, it } from 'vitest';
import { isBraidError } from '../../protocol/errors.ts';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { BUILT_IN_AGENTS } from '../../protocol/built-in-agents.ts';
import { resolveAgentCall } from '../../workflows/calls/agent-call.ts';
import { parseAgentOptions } from '../../workflows/calls/options.ts';

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

  it.each(['worktree', 'container', true])('DW-17 isolation: %j is a clear error', (isolation) => {
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
