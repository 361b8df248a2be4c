import { describe, expect, test } from 'vitest';
import { isBraidError } from '../../../protocol/errors.ts';
import type { Json } from '../../../protocol/json.ts';
import type { AgentDefinition } from '../../../protocol/run-input.ts';
import { ASKING_TOOLS } from '../../../activities/delegate/specs.ts';
import { isAsking, parseAsked } from '../../../workflows/delegate/asked.ts';

const critic: AgentDefinition = { name: 'Critic', description: '', prompt: 'p', model: null, tools: null, source: 'x' };
const AGENTS = { Critic: critic };
const parse = (tool: string, input: Json) => {
  if (!isAsking(tool)) throw new Error(`${tool} asks nobody`);
  return parseAsked(tool, input, AGENTS);
};

function codeOf(tool: string, input: Json): string {
  try {
    parse(tool, input);
    return 'none';
  } catch (error) {
    if (!isBraidError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

test('an agent, with what it may be told and a definition whatever its case; nulls are left out', () => {
  const schema = { type: 'object' };
  expect(parse('agent', { prompt: 'p', agentType: 'agent:critic', context: 'c', schema, label: 'l' })).toEqual({
    ...{ tool: 'agent', prompt: 'p', definition: critic },
    opts: { agentType: 'Critic', context: 'c', label: 'l', schema },
  });
  expect(parse('agent', { prompt: 'p', agentType: null, schema: null })).toEqual({
    ...{ tool: 'agent', prompt: 'p', definition: null, opts: {} },
  });
});

test('material for a recursive model is text or files, never a reference of anybody', () => {
  expect(parse('rlm', { question: 'q', context: { text: { manifest: 'm' } } })).toMatchObject({
    context: '{\n  "text": {\n    "manifest": "m"\n  }\n}',
  });
  expect(parse('rlm', { question: 'q', files: '**/*.md' })).toMatchObject({
    context: { $context: 'files', pattern: '**/*.md' },
  });
  expect(parse('rlm', { question: 'q' })).toMatchObject({ context: null });
});

test('a workflow by its name, with any args; describe with a name or none', () => {
  expect(parse('workflow', { name: 'workflow:pair', args: [1] })).toEqual({
    tool: 'workflow',
    name: 'pair',
    args: [1],
  });
  expect(parse('workflow', { name: 'pair' })).toEqual({ tool: 'workflow', name: 'pair', args: undefined });
  expect(parse('describe', {})).toEqual({ tool: 'describe', name: null });
});

describe('is refused before it is begun (A1, A2)', () => {
  const cases: [string, Json, RegExp][] = [
    ['agent', { prompt: 'p', tools: ['bash'] }, /^BRAID_TOOL_INPUT: agent: there is no "tools".*prompt, agentType\?/],
    ['agent', { prompt: 'p', model: 'x/y' }, /^BRAID_TOOL_INPUT/],
    ['agent', { prompt: 'p', system: 's' }, /^BRAID_TOOL_INPUT/],
    ['agent', { prompt: ' ' }, /^BRAID_TOOL_INPUT: agent: prompt is missing/],
    ['agent', { prompt: 7 }, /prompt is no text/],
    ['agent', 'just do it', /the input is no object/],
    ['agent', { prompt: 'p', schema: 'text' }, /^BRAID_SCHEMA_INVALID/],
    ['agent', { prompt: 'p', agentType: 'critik' }, /^BRAID_AGENT_UNKNOWN: .*Did you mean Critic\?/],
    ['agent', { prompt: 'p', agentType: '__proto__' }, /^BRAID_AGENT_UNKNOWN/],
    ['rlm', { question: 'q', context: 'c', files: '*' }, /`context` or `files`, not both/],
    ['workflow', { name: { scriptPath: '../x.js' } }, /name is no text/],
    ['workflow', { source: 'return 1' }, /there is no "source"/],
  ];
  test.each(cases)('%s %j', (tool, input, wanted) => expect(codeOf(tool, input)).toMatch(wanted));
});

test('no other tool asks, and what models are told of these is what they take', () => {
  for (const name of ['read', 'submit', 'toString', '__proto__', 'constructor']) expect(isAsking(name)).toBe(false);
  for (const [name, { inputSchema }] of Object.entries(ASKING_TOOLS)) {
    const { properties = {}, required = [] } = inputSchema as { properties?: object; required?: string[] };
    const takes = Object.keys(properties).map((member) => (required.includes(member) ? member : `${member}?`));
    expect(codeOf(name, { nothing: 1 })).toContain(`{${takes.join(', ')}}`);
  }
});
