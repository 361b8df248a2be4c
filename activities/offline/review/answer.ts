/** Puts what was found into whatever schema the caller wrote, by the names and types of its properties. */
import { isJsonObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import { minimalValue, resolved, typeOf } from '../fill.ts';
import type { Finding } from './rule.ts';
import type { Claim } from './task.ts';
import { pick, pickSeverity, pickVerdict } from './pick.ts';

export type Answer =
  | { kind: 'review'; text: string; summary: string; findings: Finding[]; files: string[] }
  | {
      kind: 'verdict';
      text: string;
      summary: string;
      real: boolean;
      findings: Finding[];
      files: string[];
      claim: Claim | null;
    };

export function fillAnswer(schema: JsonObject, answer: Answer): JsonObject {
  const out = fillObject(schema, schema, (name, property, required) =>
    answerMember(name, property, required, schema, answer),
  );
  return out;
}

type Member = (name: string, property: JsonObject, required: boolean) => Json | undefined;

/** All properties that have a meaning here, and the smallest value for required ones that have none. */
function fillObject(schema: JsonObject, root: JsonObject, member: Member): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = new Set(Array.isArray(schema['required']) ? schema['required'].map(String) : []);
  const out: JsonObject = {};
  for (const [name, given] of Object.entries(properties)) {
    const property = resolved(given, root);
    const value = property['const'] ?? member(name, property, required.has(name));
    if (value !== undefined && fits(value, property)) out[name] = value;
    else if (required.has(name)) out[name] = minimalValue(property, root);
  }
  for (const name of required) out[name] ??= properties[name] === undefined ? '' : minimalValue(properties[name], root);
  return out;
}

function answerMember(
  name: string,
  property: JsonObject,
  required: boolean,
  root: JsonObject,
  answer: Answer,
): Json | undefined {
  const key = plain(name);
  switch (typeOf(property)) {
    case 'array':
      return listMember(key, property, root, answer);
    case 'boolean':
      return answer.kind === 'verdict' ? verdictFlag(key, answer.real) : reviewFlag(key, answer);
    case 'integer':
    case 'number':
      return numberMember(key, property, answer);
    case 'string':
      return textMember(key, property, answer);
    case 'object':
      return required
        ? fillObject(property, root, (inner, innerProperty, isRequired) =>
            answerMember(inner, innerProperty, isRequired, root, answer),
          )
        : undefined;
    default:
      return undefined;
  }
}

function listMember(key: string, property: JsonObject, root: JsonObject, answer: Answer): Json {
  const items = resolved(property['items'], root);
  const most = typeof property['maxItems'] === 'number' ? property['maxItems'] : Number.POSITIVE_INFINITY;
  if (typeOf(items) === 'object')
    return answer.findings.slice(0, most).map((finding) => findingObject(items, root, finding));
  if (/files?|paths?/.test(key)) return answer.files.slice(0, most);
  if (/notes?|tags?/.test(key)) return [];
  return answer.findings.slice(0, most).map((finding) => `${finding.file}:${finding.line} ${finding.rule.title}`);
}

/** One finding. A schema without a place for file or line gets the place in the title. */
function findingObject(items: JsonObject, root: JsonObject, finding: Finding): JsonObject {
  const names = Object.keys(isJsonObject(items['properties']) ? items['properties'] : {}).map(plain);
  const hasPlace =
    names.some((name) => FILE.test(name) || LOCATION.test(name)) &&
    names.some((name) => LINE.test(name) || LOCATION.test(name));
  return fillObject(items, root, (name, property) => findingMember(plain(name), property, finding, hasPlace));
}

const FILE = /^(?:file|path|filename|filepath)$/;
const LINE = /^(?:line|linenumber|startline|linestart|endline|lineend)$/;
const LOCATION = /^(?:location|place|where|position)$/;

function findingMember(key: string, property: JsonObject, finding: Finding, hasPlace: boolean): Json | undefined {
  const { rule, file, line } = finding;
  const type = typeOf(property);
  if (FILE.test(key)) return file;
  if (LINE.test(key)) return type === 'string' ? String(line) : line;
  if (LOCATION.test(key)) return `${file}:${line}`;
  if (key === 'column') return finding.column;
  if (/^(?:severity|priority|level|impact)$/.test(key)) return pickSeverity(property, rule.severity);
  if (/^(?:title|name|summary|headline|issue|finding|claim)$/.test(key))
    return hasPlace ? rule.title : `${rule.title} at ${file}:${line}`;
  if (/^(?:code|snippet|evidence|quote|excerpt|source)$/.test(key)) return finding.code;
  if (/^(?:fix|suggestion|recommendation|remedy)$/.test(key)) return rule.fix;
  if (/^(?:category|type|kind|dimension|tag|area)$/.test(key))
    return pick(property, [rule.dimensions[0] ?? 'bugs', rule.id]);
  if (/^(?:rule|ruleid|id|key)$/.test(key))
    return key === 'id' || key === 'key' ? `${rule.id}:${file}:${line}` : rule.id;
  if (key === 'confidence') return confidence(property);
  if (type === 'boolean') return verdictFlag(key, true);
  return type === 'string' && property['enum'] === undefined ? `${finding.why} ${rule.fix}` : undefined;
}

function textMember(key: string, property: JsonObject, answer: Answer): Json | undefined {
  if (property['enum'] !== undefined) {
    if (/severity|priority|impact/.test(key)) return pickSeverity(property, answer.findings[0]?.rule.severity ?? 'low');
    return answer.kind === 'verdict' ? pickVerdict(property, answer.real) : undefined;
  }
  if (FILE.test(key)) return (answer.kind === 'verdict' ? answer.claim?.file : undefined) ?? answer.files[0];
  if (/^(?:verdict|decision|conclusion|outcome|result)$/.test(key) && answer.kind === 'verdict')
    return answer.real ? 'confirmed' : 'refuted';
  if (key === 'title' && answer.kind === 'verdict') return answer.claim?.title;
  return answer.kind === 'verdict'
    ? answer.summary
    : /text|report|answer|markdown/.test(key)
      ? answer.text
      : answer.summary;
}

function numberMember(key: string, property: JsonObject, answer: Answer): Json | undefined {
  if (/files/.test(key)) return answer.files.length;
  if (LINE.test(key)) return (answer.kind === 'verdict' ? answer.claim?.line : undefined) ?? answer.findings[0]?.line;
  if (/count|total|number|findings|issues/.test(key)) return answer.findings.length;
  if (/confidence|probability|certainty/.test(key)) return confidence(property);
  return undefined;
}

/** What a flag of this name says of a claim that holds or does not. */
function verdictFlag(key: string, real: boolean): boolean | undefined {
  if (/refuted|falsepositive|rejected|invalid|wrong|dismiss|notreal|notabug/.test(key)) return !real;
  if (/real|valid|confirm|hold|accept|agree|keep|bug|true|support|verdict|stands|exists|issue|problem/.test(key))
    return real;
  return undefined;
}

function reviewFlag(key: string, answer: Answer): boolean | undefined {
  if (/clean|ok|pass|approve|safe|good/.test(key)) return answer.findings.length === 0;
  return /has|found|fail|issue|problem|bug/.test(key) ? answer.findings.length > 0 : undefined;
}

/** A rule program is as sure as its rules: not fully. */
function confidence(property: JsonObject): Json | undefined {
  if (property['enum'] !== undefined) return pickSeverity(property, 'high');
  if (typeOf(property) === 'string') return 'high';
  const most = property['maximum'];
  const scale = typeof most === 'number' && most > 1 ? most : 1;
  const value = 0.9 * scale;
  return typeOf(property) === 'integer' ? Math.round(value) : value;
}

/** The plain keywords only; what else a schema asks for is found when the answer is judged. */
function fits(value: Json, property: JsonObject): boolean {
  if (Array.isArray(property['enum']) && !property['enum'].includes(value)) return false;
  if (typeof value === 'string')
    return (
      value.length <= bound(property['maxLength'], Number.POSITIVE_INFINITY) &&
      value.length >= bound(property['minLength'], 0)
    );
  if (typeof value !== 'number') return true;
  return (
    value >= bound(property['minimum'], Number.NEGATIVE_INFINITY) &&
    value <= bound(property['maximum'], Number.POSITIVE_INFINITY)
  );
}

function bound(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function plain(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}
