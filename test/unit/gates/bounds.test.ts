import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../protocol/json.ts';
import { GATES } from '../../../protocol/limits.ts';
import { judgeValue } from '../../../sandbox/judge-value.ts';
import { tooMuchWork, unboundedPart } from '../../../workflows/gates/bounds.ts';
import { patternCost } from '../../../workflows/gates/pattern-cost.ts';

const CHARS = GATES.patternTextChars;

describe('pattern-cost.ts', () => {
  test.each([
    ['^abc$', 1],
    ['abc', 200],
    ['^v\\d+\\.\\d+$', 201 ** 2],
    ['^(yes|no|maybe)$', 3],
    ['^[0-9a-f]{8}(-[0-9a-f]{4}){3}$', 1],
    ['^(\\d{1,3}\\.){3}\\d{1,3}$', 81],
    ['^a?b?$', 4],
    ['^[\\]a]*$', 201],
    ['^\\p{L}+$', 201],
    ['^a|b', 400],
  ])('%s may take %i paths', (source, paths) => expect(patternCost(source, CHARS)).toBe(paths));

  test.each([
    '^(a+)+$',
    '^(a|a)*$',
    '(a*)*b',
    '^(\\w+\\s?)+$',
    '^(a)\\1$',
    '(?<n>a)\\k<n>',
    '(',
    '[a',
    'a)',
    '^((a?){2,})$',
  ])('%s has no bound (PC2)', (source) => expect(patternCost(source, CHARS)).toBe(Infinity));

  test('the engine never needs longer than a pattern that is allowed may (PC1)', () => {
    const atom = fc.constantFrom('a', '[ab]', '.', '\\w', '(?:a|b)', '(a|ab)', '(?:a{0,3}b)');
    const repeat = fc.constantFrom('', '*', '+', '?', '{1,20}', '{2}', '*?');
    const pattern = fc
      .array(
        fc.tuple(atom, repeat).map((parts) => parts.join('')),
        { minLength: 1, maxLength: 8 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, (source) => {
        fc.pre(patternCost(source, CHARS) <= GATES.patternSteps / 100);
        const began = performance.now();
        new RegExp(source, 'u').test(`${'a'.repeat(CHARS - 1)}!`);
        // Milliseconds, on a machine that is not busy; a pattern without a bound would take hours.
        expect(performance.now() - began).toBeLessThan(1_500);
      }),
      { numRuns: 200 },
    );
  });
});

describe('bounds.ts', () => {
  test.each<[JsonObject, RegExp]>([
    [{ $ref: '#/$defs/a', $defs: { a: { type: 'string' } } }, /has a \$ref/],
    [{ properties: { a: { anyOf: [{ $dynamicRef: '#x' }] } } }, /has a \$dynamicRef/],
    [{ type: 'string', pattern: '^(a+)+$' }, /pattern "\^\(a\+\)\+\$" may backtrack/],
    [{ patternProperties: { '(x*)*': { type: 'string' } } }, /may backtrack/],
    [{ format: 'url' }, /format "url" is not judged/],
    [{ enum: ['x'.repeat(30_000)] }, /at most 20000/],
  ])('%j is refused (GB1, GB2)', (schema, why) => expect(unboundedPart(schema)).toMatch(why));

  test.each<JsonObject>([
    { type: 'string', enum: ['yes', 'no'] },
    { type: 'object', properties: { $ref: { type: 'string' }, pattern: { type: 'string' } } },
    { type: 'string', pattern: '^v\\d+\\.\\d+\\.\\d+$' },
    { const: { $ref: 'a value, no reference' } },
    { type: 'array', items: { type: 'string', format: 'email' }, uniqueItems: true },
  ])('%j is fine', (schema) => expect(unboundedPart(schema)).toBeNull());

  test('an answer is refused before judging it takes long', () => {
    const pattern = { type: 'array', items: { type: 'string', pattern: '^a*a*b$' } };
    expect(tooMuchWork(pattern, ['a'.repeat(100)])).toBeNull();
    expect(tooMuchWork(pattern, ['a'.repeat(20_000)])).toMatch(/20000 characters, too long/);
    expect(
      tooMuchWork(
        { uniqueItems: true },
        Array.from({ length: 1_000 }, (_, i) => i),
      ),
    ).toBeNull();
    expect(
      tooMuchWork(
        { uniqueItems: true },
        Array.from({ length: 9_000 }, (_, i) => i),
      ),
    ).toMatch(/9001 parts/);
    const wide = { allOf: Array.from({ length: 400 }, () => ({ items: { type: 'object' } })) };
    expect(
      tooMuchWork(
        wide,
        Array.from({ length: 5_000 }, () => ({})),
      ),
    ).toMatch(/too many to be judged/);
  });

  test('what passes is judged in time', () => {
    const worst = { type: 'array', items: { type: 'string', pattern: '^a*a*a*b$' } };
    const answer = ['a'.repeat(CHARS)];
    expect([unboundedPart(worst), tooMuchWork(worst, answer)]).toEqual([null, null]);
    const began = performance.now();
    expect(judgeValue(worst, answer, 'the answer')).toMatch(/^\[0\]: String does not match/);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
