import { Validator, type OutputUnit } from '@cfworker/json-schema';
import type { Json, JsonObject } from '../protocol/json.ts';

/** Keywords whose errors only say that something below them failed. */
const WRAPPERS = new Set([
  'properties',
  'items',
  'prefixItems',
  '$ref',
  'allOf',
  'if',
  'additionalProperties',
  'patternProperties',
  'dependentSchemas',
]);
const SHOWN = 8;

/**
 * What is wrong with a value, in words for the model or person that gave it (`whole` names it); null when it matches (JSON Schema
 * draft 2020-12). May run for ever on a hostile schema: see activities/model/judge.ts and workflows/gates/bounds.ts.
 */
export function judgeValue(schema: JsonObject, value: Json, whole = 'the input'): string | null {
  const result = new Validator(schema, '2020-12', false).validate(value);
  if (result.valid) return null;
  const leaves = result.errors.filter((error) => !WRAPPERS.has(error.keyword) || error.error.startsWith('False'));
  const problems = [...new Set((leaves.length > 0 ? leaves : result.errors).map((error) => sentence(error, whole)))];
  const rest = problems.length > SHOWN ? ` (and ${problems.length - SHOWN} more)` : '';
  return `${problems.slice(0, SHOWN).join('; ')}${rest}`;
}

function sentence(error: OutputUnit, whole: string): string {
  return `${placeOf(error.instanceLocation, whole)}: ${error.error.replace(/\.$/, '')}`;
}

/** `#/findings/0/line` → `findings[0].line`. */
function placeOf(pointer: string, whole: string): string {
  const steps = pointer
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '');
  const place = steps
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
    .join('');
  return place === '' ? whole : place.replace(/^\./, '');
}
