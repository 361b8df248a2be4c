import { describe, expect, it } from 'vitest';
import { judge } from '../../../activities/model/judge.ts';
import { findJsonBreak } from '../../../activities/model/json-position.ts';
import type { JsonObject } from '../../../protocol/json.ts';

const text = (more: JsonObject): JsonObject => ({ type: 'object', properties: { a: { type: 'string', ...more } } });

describe('judge', () => {
  it('names every place and problem once', async () => {
    const schema: JsonObject = {
      type: 'object',
      properties: {
        list: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } },
      },
      required: ['list'],
    };
    expect(await judge(schema, { list: [{ n: 1 }] })).toBeNull();
    expect(await judge(schema, {})).toMatch(/^the input: .*required.*"list"/);
    const problem = await judge(schema, { list: [{ n: 'x' }, {}] });
    expect(problem).toMatch(/list\[0\]\.n: .*"string".*"integer"/);
    expect(problem).toMatch(/list\[1\]: .*"n"/);
  });

  it('J1: judges patterns, formats and references too', async () => {
    expect(await judge(text({ pattern: '^a+$' }), { a: 'aaa' })).toBeNull();
    expect(await judge(text({ pattern: '^a+$' }), { a: 'b' })).toMatch(/a: .*pattern/);
    expect(await judge(text({ format: 'date' }), { a: 'soon' })).toMatch(/a: .*date/);
    const tree: JsonObject = {
      type: 'object',
      properties: { kids: { type: 'array', items: { $ref: '#' } } },
      additionalProperties: false,
    };
    expect(await judge(tree, { kids: [{ kids: [] }] })).toBeNull();
    expect(await judge(tree, { kids: [{ kind: 1 }] })).toMatch(/kids\[0\]/);
  });

  it("J2, J3: a regex that never ends is the schema's fault, and the next judgement is right", async () => {
    const hostile = judge(text({ pattern: '^(a+)+$' }), { a: `${'a'.repeat(60)}!` });
    const waiting = judge(text({ pattern: '^b$' }), { a: 'b' });
    await expect(hostile).rejects.toMatchObject({
      code: 'BRAID_SCHEMA_INVALID',
      message: expect.stringContaining('ms'),
    });
    expect(await waiting).toBeNull();
  }, 30_000);

  it('J3: an endless reference is refused', async () => {
    const endless: JsonObject = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } };
    await expect(judge(endless, {})).rejects.toMatchObject({ code: 'BRAID_SCHEMA_INVALID' });
  });
});

describe('findJsonBreak', () => {
  it.each<[string, number, string]>([
    ['', 0, 'a value'],
    ['{"a": }', 6, 'a value'],
    ['{"a" 1}', 5, ':'],
    ['{a: 1}', 1, 'a property name in double quotes or }'],
    ['{"a": 1,}', 8, 'a property name in double quotes'],
    ['{"a": 1 "b": 2}', 8, ', or }'],
    ['[1, 2', 5, ', or ]'],
    ['[1, 2}', 5, ', or ]'],
    ['{} {}', 3, 'the end of the text'],
    ["{'a': 1}", 1, 'a property name in double quotes or }'],
    ['{"a": "x\ny"}', 6, 'a value'],
    ['[01]', 2, ', or ]'],
  ])('%j breaks at %i', (json, position, expected) => {
    expect(() => JSON.parse(json)).toThrow(SyntaxError);
    expect(findJsonBreak(json)).toMatchObject({ position, expected });
  });

  it('counts lines and columns from 1', () => {
    expect(findJsonBreak('{\n  "a": 1,\n  "b" 2\n}')).toMatchObject({ line: 3, column: 7, found: '2' });
  });

  it.each(['{}', '[]', ' {"a": [1, {"b": null}, "x\\u00e9\\n"], "c": -1.5e3} ', '"x"', '0', 'true'])(
    'finds nothing in %j',
    (json) => {
      JSON.parse(json);
      expect(findJsonBreak(json)).toBeNull();
    },
  );
});
