import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';

const DEPTH = 12;

/** Smallest value that fits a schema, as far as its plain keywords say; `root` resolves local references. */
export function minimalValue(given: Json | undefined, root: JsonObject, depth = 0): Json {
  const schema = resolved(given, root);
  if (depth > DEPTH) return null;
  if (schema['const'] !== undefined) return schema['const'];
  if (schema['default'] !== undefined) return schema['default'];
  if (Array.isArray(schema['enum']) && schema['enum'][0] !== undefined) return schema['enum'][0];
  const merged = mergedAllOf(schema, root);
  const choice = merged['anyOf'] ?? merged['oneOf'];
  if (merged['type'] === undefined && Array.isArray(choice)) return minimalValue(choice[0], root, depth + 1);
  switch (typeOf(merged)) {
    case 'object':
      return minimalObject(merged, root, depth);
    case 'array': {
      const count = Math.min(numberOf(merged['minItems']) ?? 0, 100);
      return Array.from({ length: count }, () => minimalValue(merged['items'], root, depth + 1));
    }
    case 'string':
      return ''.padEnd(numberOf(merged['minLength']) ?? 0, '-');
    case 'integer':
    case 'number':
      return minimalNumber(merged);
    case 'boolean':
      return false;
    default:
      return null;
  }
}

/** The type a schema asks for; the first one where it leaves a choice, `null` last. */
export function typeOf(schema: JsonObject): string {
  const type = schema['type'];
  if (typeof type === 'string') return type;
  if (Array.isArray(type))
    return type.find((name): name is string => typeof name === 'string' && name !== 'null') ?? 'null';
  if (isJsonObject(schema['properties'])) return 'object';
  return schema['items'] === undefined ? 'null' : 'array';
}

/** Follows a local `$ref`. */
export function resolved(schema: Json | undefined, root: JsonObject): JsonObject {
  let current: Json | undefined = schema;
  for (let hops = 0; hops < DEPTH && isJsonObject(current) && typeof current['$ref'] === 'string'; hops += 1) {
    const ref: string = current['$ref'];
    current = ref.startsWith('#') ? at(root, ref.slice(1)) : undefined;
  }
  return isJsonObject(current) ? current : {};
}

function at(root: JsonObject, pointer: string): Json | undefined {
  let current: Json | undefined = root;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    current = isJsonObject(current) ? current[key] : Array.isArray(current) ? current[Number(key)] : undefined;
  }
  return current;
}

function mergedAllOf(schema: JsonObject, root: JsonObject): JsonObject {
  if (!Array.isArray(schema['allOf'])) return schema;
  const out: JsonObject = { ...schema };
  for (const part of schema['allOf']) {
    const inner = resolved(part, root);
    const properties = {
      ...(out['properties'] as JsonObject | undefined),
      ...(inner['properties'] as JsonObject | undefined),
    };
    const required = [
      ...((out['required'] as Json[] | undefined) ?? []),
      ...((inner['required'] as Json[] | undefined) ?? []),
    ];
    Object.assign(out, inner, { properties, required });
  }
  return out;
}

function minimalObject(schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  const out: JsonObject = {};
  for (const name of required) out[name] = minimalValue(properties[name], root, depth + 1);
  return out;
}

function minimalNumber(schema: JsonObject): number {
  const low = numberOf(schema['minimum']) ?? lowAfter(numberOf(schema['exclusiveMinimum']));
  const high = numberOf(schema['maximum']) ?? Number.POSITIVE_INFINITY;
  const value = Math.min(Math.max(0, low ?? 0), high);
  return schema['type'] === 'integer' ? Math.ceil(value) : value;
}

function lowAfter(bound: number | undefined): number | undefined {
  return bound === undefined ? undefined : bound + 1;
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
