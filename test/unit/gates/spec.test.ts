import { describe, expect, test } from 'vitest';
import { isBraidError } from '../../../protocol/errors.ts';
import type { Json } from '../../../protocol/json.ts';
import { approveSpec, askSpec } from '../../../workflows/gates/spec.ts';

const silent = () => undefined;
const refused = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (isBraidError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'nothing';
};

describe('ask()', () => {
  test('takes schema, timeout and default; any root will do', () => {
    const opts = { schema: { type: 'string', enum: ['a'] }, timeout: '2h', default: 'a' };
    expect(askSpec('Which?', opts, silent)).toEqual({
      ...{ kind: 'ask', question: 'Which?', details: null, schema: opts.schema, timeoutMs: 7_200_000, fallback: 'a' },
    });
    expect(askSpec('Which?', null, silent)).toEqual({
      kind: 'ask',
      question: 'Which?',
      details: null,
      schema: null,
      timeoutMs: null,
    });
    expect(askSpec('Which?', { timeout: 5, default: null }, silent)).toMatchObject({ fallback: null });
  });

  test.each<[Json, Json, RegExp]>([
    [' ', null, /^BRAID_OPTION the question of ask\(\) must be a text/],
    ['x'.repeat(20_001), null, /^BRAID_OPTION .*has 20001 characters/],
    ['q', { timeout: 'soon' }, /^BRAID_OPTION ask\(\): timeout must be/],
    ['q', { timeout: 0 }, /^BRAID_OPTION/],
    ['q', { timeout: -1 }, /^BRAID_OPTION/],
    ['q', { timeout: 1e15 }, /at most 10 years/],
    ['q', { default: 1 }, /a default is given, and no timeout/],
    ['q', { schema: 'x' }, /^BRAID_SCHEMA_INVALID/],
    ['q', { schema: { type: 'nothing' } }, /^BRAID_SCHEMA_INVALID .*unknown type/],
    ['q', { schema: { $ref: '#' } }, /^BRAID_SCHEMA_INVALID .*references are not followed/],
    ['q', { schema: { pattern: '(' } }, /^BRAID_SCHEMA_INVALID .*no regular expression/],
  ])('%j %j is refused', (question, opts, why) => expect(refused(() => askSpec(question, opts, silent))).toMatch(why));

  test('a name that is no option is told of', () => {
    const warnings: string[] = [];
    askSpec('q', { timeuot: 5 }, (text) => warnings.push(text));
    expect(warnings).toEqual(['ask(): unknown option timeuot; did you mean timeout?']);
  });
});

describe('approve()', () => {
  test('shows details as text, or as JSON', () => {
    expect(approveSpec('Ship?', { a: [1] }, null, silent)).toMatchObject({
      kind: 'approve',
      details: '{\n  "a": [\n    1\n  ]\n}',
    });
    expect(approveSpec('Ship?', 'as it is', { timeout: '1m', default: false }, silent)).toMatchObject({
      ...{ details: 'as it is', timeoutMs: 60_000, fallback: false },
    });
    expect(approveSpec('Ship?', null, null, silent).details).toBeNull();
  });

  test.each<[Json, Json, RegExp]>([
    [null, { default: 'yes', timeout: 5 }, /default must be true or false, not "yes"/],
    ['x'.repeat(200_001), null, /has 200001 characters/],
  ])('%# is refused', (details, opts, why) =>
    expect(refused(() => approveSpec('w', details, opts, silent))).toMatch(why),
  );
});
