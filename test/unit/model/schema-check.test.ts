import { Validator } from '@cfworker/json-schema';
import { array, assert, boolean, constant, constantFrom, integer, nat, oneof, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimalValue } from '../../../activities/offline/fill.ts';
import type { Json, JsonObject } from '../../../protocol/json.ts';
import { schemaProblem } from '../../../protocol/schema-check.ts';

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });

const IMPOSSIBLE: [Json | undefined, RegExp][] = [
  [undefined, /it is missing/],
  ['text', /it is a string/],
  [[], /it is an array/],
  [{}, /no "type" at its root/],
  [{ type: 'string' }, /root type "string"/],
  [{ type: 'array', items: {} }, /wrap it/],
  [{ $ref: '#/$defs/a', $defs: { a: { type: 'array' } } }, /root type "array"/],
  [object({ a: { type: 'text' } }), /at properties\.a it has the unknown type "text"/],
  [object({ a: { type: [] } }), /empty list of types/],
  [object({ a: 'string' }), /at properties\.a it is a string, not a schema/],
  [object({ a: { type: 'integer', minimum: 5, maximum: 4 } }), /minimum 5 and maximum 4/],
  [object({ a: { type: 'number', exclusiveMinimum: 1, maximum: 1 } }), /between 1 and 1/],
  [object({ a: { type: 'string', minLength: 3, maxLength: 2 } }), /minLength 3/],
  [object({ a: { type: 'array', minItems: 2, maxItems: 1, items: {} } }), /minItems 2/],
  [object({ a: { enum: [] } }), /empty enum/],
  [object({ a: { type: 'string', enum: [1, 2] } }), /no value is of type "string"/],
  [object({ a: { type: 'string', const: 1 } }), /value 1 and the type "string"/],
  [object({ a: { const: 'x', enum: ['y'] } }), /enum does not hold/],
  [object({}, { required: ['a'], additionalProperties: false }), /requires "a", which is not in properties/],
  [object({ a: false }, { required: ['a'] }), /requires "a", which it forbids/],
  [object({}, { required: 'a' }), /"required" that is no list/],
  [object({ a: {}, b: {} }, { required: ['a', 'b'], maxProperties: 1 }), /at most 1/],
  [object({ a: { allOf: [{ type: 'string' }, { type: 'number' }] } }), /types exclude each other/],
  [object({ a: { type: 'integer', allOf: [{ minimum: 5 }, { maximum: 3 }] } }), /minimum 5 and maximum 3/],
  [object({ a: { anyOf: [] } }), /anyOf that is no list/],
  [object({ a: { anyOf: [false, { enum: [] }] } }), /no branch can be met/],
  [object({ a: { $ref: 'https://example.com/a.json' } }), /only references into the schema itself/],
  [object({ a: { $ref: '#/$defs/gone' } }), /which is not there/],
  [object({ a: { type: 'string', pattern: '(' } }), /no regular expression/],
  [
    object({ list: { type: 'array', items: object({ x: { enum: [] } }) } }),
    /at properties\.list\.items\.properties\.x it/,
  ],
];

const FINE: JsonObject[] = [
  object({}),
  { type: ['object', 'null'], properties: {} },
  { properties: { a: {} }, required: ['a'] },
  object({ a: { type: 'string', minimum: 5, maximum: 4 } }),
  object({ a: { type: ['string', 'integer'], minimum: 5, maximum: 4 } }),
  object({ a: { type: 'number', minimum: 4, maximum: 4 } }),
  object({ a: true, b: {} }, { required: ['c'] }),
  object({ a: { type: 'number', enum: ['x', 1] } }),
  object({}, { required: ['xa'], additionalProperties: false, patternProperties: { '^x': {} } }),
  object({ a: { anyOf: [false, { type: 'string' }] } }),
  object({ a: { allOf: [{ type: 'number' }, { type: 'integer' }] } }),
  object({ tree: { $ref: '#' } }),
  { $ref: '#/$defs/a', $defs: { a: object({ b: { $ref: '#/$defs/a' } }) } },
  object({ a: { not: {} } }),
];

describe('schemaProblem', () => {
  it.each(IMPOSSIBLE)('finds what nothing can satisfy: %j', (schema, problem) => {
    expect(schemaProblem(schema)).toMatch(problem);
  });

  it.each(FINE)('lets pass what can be satisfied: %j', (schema) => {
    expect(schemaProblem(schema)).toBeNull();
  });

  it('K2: a schema nested for ever is refused, not walked', () => {
    let schema: JsonObject = object({});
    for (let depth = 0; depth < 5000; depth += 1) schema = object({ a: schema });
    expect(schemaProblem(schema)).toMatch(/nested deeper/);
  });

  it('K1: never names a schema that a value fits', () => {
    const small = integer({ min: -3, max: 3 });
    const leaf = oneof(
      record({ type: constant('integer'), minimum: small, maximum: small }),
      record({ type: constant('string'), minLength: nat(3), maxLength: nat(3) }),
      record({ enum: array(constantFrom('a', 1, null), { maxLength: 2 }) }),
      record({ type: constantFrom('string', 'integer', 'null'), const: constantFrom('a', 1, null) }),
      boolean(),
    );
    const schemas = record({ a: leaf, b: leaf, closed: boolean() }).map(({ a, b, closed }): JsonObject => ({
      type: 'object',
      properties: { a, b },
      required: ['a', 'b'],
      ...(closed ? { additionalProperties: false } : {}),
    }));
    let met = 0;
    assert(
      property(schemas, (schema) => {
        const fits = new Validator(schema, '2020-12').validate(minimalValue(schema, schema)).valid;
        if (fits) met += 1;
        return !fits || schemaProblem(schema) === null;
      }),
      { numRuns: 500 },
    );
    expect(met).toBeGreaterThan(20);
  });
});
