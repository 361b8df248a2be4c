/**
 * Schemas of gates are judged inside the workflow, where a computation that does not end blocks a worker for all its runs, and both
 * schema and answer may be hostile. What judging can cost is bounded before it begins:
 *
 *  GB1  A schema is a tree: references, which can multiply its size, are refused. So each of its parts is applied at most once to
 *       each part of an answer.
 *  GB2  Regular expressions are judged by their worst case (pattern-cost.ts); formats with hopeless ones are refused.
 */
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { GATES } from '../../protocol/limits.ts';
import { patternCost } from './pattern-cost.ts';

const REFERENCES = new Set(['$ref', '$dynamicRef', '$recursiveRef']);
/** Keywords whose members are names, not keywords. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']);
/** Keywords that hold values, not schemas. */
const VALUES = new Set(['enum', 'const', 'default', 'examples', 'required', 'dependentRequired', 'type']);
const HOPELESS = new Set(['url', 'uri-reference', 'uri-template', 'regex', 'iri', 'iri-reference']);

/** What of a schema cannot be judged in bounded time, as a clause; null when nothing is. */
export function unboundedPart(schema: JsonObject): string | null {
  const chars = JSON.stringify(schema).length;
  if (chars > GATES.schemaChars) return `it has ${chars} characters as JSON; at most ${GATES.schemaChars} are judged`;
  for (const [keyword, value] of keywordsOf(schema)) {
    if (REFERENCES.has(keyword)) return `it has a ${keyword}, and references are not followed here: write the part out`;
    if (keyword === 'format' && typeof value === 'string' && HOPELESS.has(value))
      return `its format "${value}" is not judged here`;
  }
  for (const pattern of patternsOf(schema)) {
    if (patternCost(pattern, GATES.patternTextChars) > GATES.patternSteps) {
      return `its pattern ${JSON.stringify(pattern)} may backtrack without end: bound its repetitions, for example {1,40} instead of +`;
    }
  }
  return null;
}

/** Why an answer is too large to be judged against this schema, as a clause; null when it is not. */
export function tooMuchWork(schema: JsonObject, answer: Json): string | null {
  const parts = partsOf(answer);
  const unique = [...keywordsOf(schema)].some(([keyword]) => keyword === 'uniqueItems');
  const steps = partsOf(schema).count * parts.count + (unique ? parts.count ** 2 : 0);
  if (steps > GATES.judgeSteps) return `it has ${parts.count} parts, too many to be judged against this schema`;
  const each = patternsOf(schema).reduce((sum, pattern) => sum + patternCost(pattern, parts.longest), 0);
  if (each * parts.texts <= GATES.patternSteps) return null;
  return `it holds texts of up to ${parts.longest} characters, too long to be judged against the patterns of this schema`;
}

function patternsOf(schema: JsonObject): string[] {
  const patterns: string[] = [];
  for (const [keyword, value] of keywordsOf(schema)) {
    if (keyword === 'pattern' && typeof value === 'string') patterns.push(value);
    if (keyword === 'patternProperties' && isJsonObject(value)) patterns.push(...Object.keys(value));
  }
  return patterns;
}

/** All keywords of a schema and of the schemas in it. */
function* keywordsOf(schema: Json): Generator<[keyword: string, value: Json]> {
  if (Array.isArray(schema)) for (const part of schema) yield* keywordsOf(part);
  if (!isJsonObject(schema)) return;
  for (const [keyword, value] of Object.entries(schema)) {
    yield [keyword, value];
    if (VALUES.has(keyword)) continue;
    if (NAMED.has(keyword) && isJsonObject(value)) for (const part of Object.values(value)) yield* keywordsOf(part);
    else yield* keywordsOf(value);
  }
}

interface Parts {
  count: number;
  texts: number;
  longest: number;
}

/** Values, their members' names among the texts. */
function partsOf(value: Json, parts: Parts = { count: 0, texts: 0, longest: 0 }): Parts {
  parts.count += 1;
  if (typeof value === 'string') addText(value, parts);
  else if (Array.isArray(value)) for (const item of value) partsOf(item, parts);
  else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      addText(name, parts);
      partsOf(member, parts);
    }
  }
  return parts;
}

function addText(text: string, parts: Parts): void {
  parts.texts += 1;
  parts.longest = Math.max(parts.longest, text.length);
}
