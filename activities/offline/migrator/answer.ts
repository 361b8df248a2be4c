/** Puts what was done into the schema of the caller, by the names and types of its properties. */
import { isJsonObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import { minimalValue, resolved, typeOf } from '../fill.ts';

export interface Done {
  /** Files that were listed, or changed. */
  files: string[];
  /** What could not be done, and why. */
  left: string[];
  /** The last run of the tests; null: none. */
  run: { passed: boolean; output: string; pass: number; fail: number } | null;
  summary: string;
}

/** Characters of a run's output that are handed on: its end, where the failures are told again. */
const OUTPUT = 12_000;

export function fillDone(schema: JsonObject, done: Done): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = new Set(Array.isArray(schema['required']) ? schema['required'].map(String) : []);
  const out: JsonObject = {};
  for (const [name, given] of Object.entries(properties)) {
    const property = resolved(given, schema);
    const value = memberOf(name.toLowerCase(), property, done);
    if (value !== undefined) out[name] = value;
    else if (required.has(name)) out[name] = minimalValue(property, schema);
  }
  return out;
}

function memberOf(key: string, property: JsonObject, done: Done): Json | undefined {
  const { files, left, run, summary } = done;
  switch (typeOf(property)) {
    case 'array':
      if (typeOf(resolved(property['items'], property)) !== 'string') return undefined;
      return /left|problem|skip|note|unresolved|why|reason/.test(key) ? left : files;
    case 'boolean':
      if (/pass|green|success|ok|test/.test(key)) return run === null ? left.length === 0 : run.passed;
      return /fail|broken/.test(key) ? run?.passed === false : files.length > 0;
    case 'integer':
    case 'number':
      if (/fail|broken/.test(key)) return run?.fail ?? left.length;
      return /pass|ok|green/.test(key) ? (run?.pass ?? 0) : files.length;
    case 'string':
      if (property['enum'] !== undefined) return undefined;
      return /output|log|failure|error|stdout/.test(key) ? (run?.output ?? '').slice(-OUTPUT) : summary;
    default:
      return undefined;
  }
}
