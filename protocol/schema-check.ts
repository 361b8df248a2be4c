/**
 * Finds schemas that no answer can satisfy, before anything is paid for (DW-13). Pure and without dependencies: the workflow
 * isolate calls it.
 *
 *  K1  Null means: not found impossible. What it names is a part that no value fits; it is named where the part is optional
 *      too, since such a part is a slip of its author.
 *  K2  Work is bounded by the schema's size and `schemaDepth`; patterns are compiled, never run.
 */
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { MODEL_CALL } from './limits.ts';

const TYPES = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);

/**
 * What is wrong with a schema, as a clause: "it requires …", "at properties.x it has …"; null when nothing is found. `root`: which
 * values it may describe; a structured output is an object (DW-13), a person's answer is any value.
 */
export function schemaProblem(
  schema: Json | undefined,
  { root: of = 'object' }: { root?: 'object' | 'any' } = {},
): string | null {
  if (!isJsonObject(schema))
    return `it is ${schema === undefined ? 'missing' : typeName(schema)}, not an object with JSON Schema keywords`;
  const root = of === 'any' ? null : rootProblem(schema);
  return root !== null ? `it ${root}` : problemAt(schema, { root: schema, path: '', depth: 0 });
}

interface Place {
  root: JsonObject;
  /** `.properties.findings`, empty at the root. */
  path: string;
  depth: number;
}

/** DW-13: the structured output is the input of a tool, which is an object in every provider's protocol. */
function rootProblem(schema: JsonObject): string | null {
  const root = followRefs(schema, schema) ?? schema;
  const type = root['type'];
  if (type === 'object' || (Array.isArray(type) && type.includes('object'))) return null;
  if (type === undefined) {
    const composed = ['properties', '$ref', 'anyOf', 'oneOf', 'allOf', 'required', 'additionalProperties'].some(
      (key) => root[key] !== undefined,
    );
    return composed ? null : `has no "type" at its root: write type: 'object' and put the fields into properties`;
  }
  const wrapped =
    type === 'array' ? `: wrap it, for example {type: 'object', properties: {items: …}, required: ['items']}` : '';
  return `has the root type ${JSON.stringify(type)}, but it must be 'object'${wrapped}`;
}

function problemAt(schema: Json | undefined, place: Place): string | null {
  if (schema === undefined || schema === true) return null;
  const where = place.path === '' ? 'it ' : `at ${place.path.slice(1)} it `;
  if (schema === false) return null; // forbids the value here; only fatal where the value is required
  if (!isJsonObject(schema)) return `${where}is ${typeName(schema)}, not a schema`;
  if (place.depth > MODEL_CALL.schemaDepth) return `${where}is nested deeper than ${MODEL_CALL.schemaDepth} levels`;
  const own = ownProblem(schema, place);
  if (own !== null) return `${where}${own}`;
  for (const [name, inner] of subschemas(schema)) {
    const problem = problemAt(inner, { ...place, path: `${place.path}.${name}`, depth: place.depth + 1 });
    if (problem !== null) return problem;
  }
  return null;
}

function ownProblem(schema: JsonObject, place: Place): string | null {
  return (
    typeProblem(schema) ??
    refProblem(schema, place.root) ??
    patternProblem(schema) ??
    boundsProblem(schema) ??
    choiceProblem(schema) ??
    requiredProblem(schema, place.root) ??
    conjunctionProblem(schema, place.root)
  );
}

function typeProblem(schema: JsonObject): string | null {
  const type = schema['type'];
  if (type === undefined) return null;
  const names = Array.isArray(type) ? type : [type];
  if (names.length === 0) return 'has an empty list of types, so nothing fits it';
  const unknown = names.find((name) => typeof name !== 'string' || !TYPES.has(name));
  return unknown === undefined
    ? null
    : `has the unknown type ${JSON.stringify(unknown)}; types are ${[...TYPES].join(', ')}`;
}

function refProblem(schema: JsonObject, root: JsonObject): string | null {
  const ref = schema['$ref'];
  if (ref === undefined) return null;
  if (typeof ref !== 'string' || !ref.startsWith('#'))
    return `refers to ${JSON.stringify(ref)}; only references into the schema itself (#/…) are followed`;
  if (!/^#(\/|$)/.test(ref)) return null; // an anchor: the validator resolves it
  return lookup(root, ref) === undefined ? `refers to ${JSON.stringify(ref)}, which is not there` : null;
}

function patternProblem(schema: JsonObject): string | null {
  const patterns = isJsonObject(schema['patternProperties']) ? Object.keys(schema['patternProperties']) : [];
  if (typeof schema['pattern'] === 'string') patterns.push(schema['pattern']);
  for (const pattern of patterns) {
    try {
      new RegExp(pattern, 'u');
    } catch (error) {
      return `has the pattern ${JSON.stringify(pattern)}, which is no regular expression (${error instanceof Error ? error.message : String(error)})`;
    }
  }
  return null;
}

/** Pairs of a lower and an upper bound, with the type for which the contradiction matters. */
const BOUNDS: readonly [low: string, high: string, types: readonly string[]][] = [
  ['minimum', 'maximum', ['number', 'integer']],
  ['minLength', 'maxLength', ['string']],
  ['minItems', 'maxItems', ['array']],
  ['minProperties', 'maxProperties', ['object']],
];

function boundsProblem(schema: JsonObject): string | null {
  for (const [low, high, types] of BOUNDS) {
    const [least, most] = [schema[low], schema[high]];
    if (typeof least === 'number' && typeof most === 'number' && least > most && onlyAllows(schema, types)) {
      return `asks for ${low} ${least} and ${high} ${most}, which no value has`;
    }
  }
  if (!onlyAllows(schema, ['number', 'integer'])) return null;
  const [above, below] = [schema['exclusiveMinimum'], schema['exclusiveMaximum']];
  const most = typeof below === 'number' ? below : schema['maximum'];
  const least = typeof above === 'number' ? above : schema['minimum'];
  const strict = typeof above === 'number' || typeof below === 'number';
  const empty = strict && typeof least === 'number' && typeof most === 'number' && least >= most;
  return empty ? `asks for a number between ${least} and ${most}, which does not exist` : null;
}

function choiceProblem(schema: JsonObject): string | null {
  const choices = schema['enum'];
  if (choices !== undefined && !Array.isArray(choices)) return 'has an enum that is no list';
  if (Array.isArray(choices)) {
    if (choices.length === 0) return 'has an empty enum, so nothing fits it';
    if (!choices.some((value) => hasType(schema, value)))
      return `has an enum of which no value is of type ${JSON.stringify(schema['type'])}`;
  }
  const constant = schema['const'];
  if (constant === undefined) return null;
  if (!hasType(schema, constant))
    return `asks for the value ${JSON.stringify(constant)} and the type ${JSON.stringify(schema['type'])}`;
  const listed = !Array.isArray(choices) || choices.some((value) => JSON.stringify(value) === JSON.stringify(constant));
  return listed ? null : `asks for the value ${JSON.stringify(constant)}, which its enum does not hold`;
}

function requiredProblem(schema: JsonObject, root: JsonObject): string | null {
  const required = schema['required'];
  if (required === undefined) return null;
  if (!Array.isArray(required) || required.some((name) => typeof name !== 'string'))
    return 'has a "required" that is no list of names';
  if (!onlyAllows(schema, ['object'])) return null;
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const patterned = isJsonObject(schema['patternProperties']) && Object.keys(schema['patternProperties']).length > 0;
  for (const name of required as string[]) {
    const known = Object.hasOwn(properties, name);
    if (known && isNothing(properties[name], root)) return `requires "${name}", which it forbids`;
    if (!known && !patterned && schema['additionalProperties'] === false) {
      return `requires "${name}", which is not in properties while additionalProperties is false`;
    }
  }
  const most = schema['maxProperties'];
  const count = new Set(required).size;
  return typeof most === 'number' && count > most ? `requires ${count} properties but allows at most ${most}` : null;
}

/** `allOf` (and the schema beside it) whose types, constants or bounds exclude each other; `anyOf`/`oneOf` without a way. */
function conjunctionProblem(schema: JsonObject, root: JsonObject): string | null {
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const list = schema[key];
    if (list === undefined) continue;
    if (!Array.isArray(list) || list.length === 0) return `has an ${key} that is no list of schemas`;
    if (key !== 'allOf' && list.every((part) => isNothing(part, root)))
      return `has an ${key} of which no branch can be met`;
  }
  if (!Array.isArray(schema['allOf'])) return null;
  const parts = [schema, ...schema['allOf'].map((part) => followRefs(part, root))].filter((part) => part !== undefined);
  const typeLists = parts.map(typesOf).filter((types) => types !== null);
  const [first, ...rest] = typeLists;
  if (first !== undefined && ![...first].some((type) => rest.every((types) => allows(types, type)))) {
    return 'has an allOf whose types exclude each other';
  }
  const merged: JsonObject = {};
  for (const part of parts) {
    for (const [low, high] of BOUNDS) {
      tighten(merged, part, low, Math.max);
      tighten(merged, part, high, Math.min);
    }
  }
  return boundsProblem({ ...merged, ...(first === undefined ? {} : { type: [...first] }) });
}

function tighten(merged: JsonObject, part: JsonObject, key: string, pick: (a: number, b: number) => number): void {
  const value = part[key];
  if (typeof value !== 'number') return;
  const before = merged[key];
  merged[key] = typeof before === 'number' ? pick(before, value) : value;
}

/** Whether nothing at all fits, by the schema's own words (one level). */
function isNothing(schema: Json | undefined, root: JsonObject): boolean {
  if (schema === false) return true;
  const target = followRefs(schema, root);
  return target !== undefined && (choiceProblem(target) ?? boundsProblem(target)) !== null;
}

function* subschemas(schema: JsonObject): Generator<[string, Json]> {
  for (const key of ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']) {
    const group = schema[key];
    if (!isJsonObject(group)) continue;
    // A definition nobody uses harms nobody, but one that is no schema at all is a slip worth telling.
    for (const [name, inner] of Object.entries(group)) yield [`${key}.${name}`, inner];
  }
  for (const key of ['items', 'contains', 'additionalProperties', 'propertyNames']) {
    const inner = schema[key];
    if (inner !== undefined && !Array.isArray(inner)) yield [key, inner];
  }
  for (const key of ['allOf', 'prefixItems']) {
    const list = schema[key];
    if (Array.isArray(list)) for (const [index, inner] of list.entries()) yield [`${key}[${index}]`, inner];
  }
}

function followRefs(schema: Json | undefined, root: JsonObject): JsonObject | undefined {
  let current = schema;
  for (let hops = 0; hops < 16 && isJsonObject(current) && typeof current['$ref'] === 'string'; hops += 1) {
    current = lookup(root, current['$ref']);
  }
  return isJsonObject(current) ? current : undefined;
}

function lookup(root: JsonObject, ref: string): Json | undefined {
  let current: Json | undefined = root;
  for (const step of ref.slice(1).split('/').slice(1)) {
    const key = decodeStep(step);
    current = Array.isArray(current)
      ? current[Number(key)]
      : isJsonObject(current) && Object.hasOwn(current, key)
        ? current[key]
        : undefined;
  }
  return current;
}

function decodeStep(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step;
  }
}

function typesOf(schema: JsonObject): ReadonlySet<string> | null {
  const type = schema['type'];
  if (typeof type === 'string') return new Set([type]);
  return Array.isArray(type) ? new Set(type.map(String)) : null;
}

function allows(types: ReadonlySet<string>, type: string): boolean {
  return types.has(type) || (type === 'integer' && types.has('number')) || (type === 'number' && types.has('integer'));
}

/** Whether the schema names types and all of them are among these, so that a contradiction for these is one for all. */
function onlyAllows(schema: JsonObject, types: readonly string[]): boolean {
  const named = typesOf(schema);
  return named !== null && [...named].every((type) => types.includes(type));
}

function hasType(schema: JsonObject, value: Json): boolean {
  const named = typesOf(schema);
  if (named === null) return true;
  if (typeof value === 'number') return named.has('number') || (named.has('integer') && Number.isInteger(value));
  return named.has(typeName(value).split(' ').at(-1) ?? '');
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
