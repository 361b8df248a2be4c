/** The arguments of `ask()` and `approve()` as a program gave them → what a gate shows and takes. Parsed as hostile. */
import { parseDuration } from '../../protocol/duration.ts';
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { GATES } from '../../protocol/limits.ts';
import { schemaProblem } from '../../protocol/schema-check.ts';
import * as option from '../calls/options.ts';
import { unboundedPart } from './bounds.ts';

export interface GateSpec {
  kind: 'ask' | 'approve';
  question: string;
  details: string | null;
  schema: JsonObject | null;
  /** Null: it waits for ever. */
  timeoutMs: number | null;
  /** What it gives at its timeout; absent: an error. */
  fallback?: Json;
}

const OPTIONS = { ask: ['schema', 'timeout', 'default'], approve: ['timeout', 'default'] };

/** Throws BRAID_OPTION or BRAID_SCHEMA_INVALID; `warn` gets what is only odd. */
export function askSpec(question: Json | undefined, opts: Json | undefined, warn: (text: string) => void): GateSpec {
  const known = optionsOf('ask', opts, warn);
  return {
    kind: 'ask',
    question: words(question, 'the question of ask()', GATES.questionChars),
    details: null,
    schema: schemaOf(known['schema'] ?? null),
    ...timing('ask', known),
  };
}

/** `details` that are no text are shown as JSON. */
export function approveSpec(
  what: Json | undefined,
  details: Json,
  opts: Json | undefined,
  warn: (text: string) => void,
): GateSpec {
  const known = optionsOf('approve', opts, warn);
  const { default: fallback } = known;
  if (fallback !== undefined && typeof fallback !== 'boolean')
    throw wrong('approve(): default', 'true or false', fallback);
  const text = typeof details === 'string' ? details : JSON.stringify(details, null, 2);
  return {
    kind: 'approve',
    question: words(what, 'what approve() asks for', GATES.questionChars),
    details: details === null || details === '' ? null : words(text, 'the details of approve()', GATES.detailsChars),
    schema: null,
    ...timing('approve', known),
  };
}

function optionsOf(hook: 'ask' | 'approve', opts: Json | undefined, warn: (text: string) => void): JsonObject {
  const given = opts ?? {};
  if (!isJsonObject(given)) throw wrong(`${hook}(): the options`, 'an object', given);
  for (const text of option.unknownNames(given, OPTIONS[hook])) warn(`${hook}(): ${text}`);
  return given;
}

function timing(hook: string, opts: JsonObject): Pick<GateSpec, 'timeoutMs' | 'fallback'> {
  const timeoutMs = duration(opts['timeout'] ?? null, hook);
  const { default: fallback } = opts;
  if (fallback === undefined) return { timeoutMs };
  if (timeoutMs === null) {
    throw new BraidError('BRAID_OPTION', `${hook}(): a default is given, and no timeout at which it would serve.`, {
      fix: "Give a timeout too, for example timeout: '2h', or leave the default out.",
    });
  }
  return { timeoutMs, fallback };
}

function duration(value: Json, hook: string): number | null {
  if (value === null) return null;
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? parseDuration(value) : null;
  if (ms !== null && ms > 0 && ms <= GATES.timeoutMs) return Math.ceil(ms);
  throw wrong(`${hook}(): timeout`, 'milliseconds or a text such as "2h", at most 10 years', value);
}

/** Any root is fine: a person may well answer with a number or one of several words. */
function schemaOf(schema: Json): JsonObject | null {
  if (schema === null) return null;
  const problem = schemaProblem(schema, { root: 'any' }) ?? unboundedPart(schema as JsonObject);
  if (problem !== null) throw new BraidError('BRAID_SCHEMA_INVALID', `ask(): the schema cannot be used: ${problem}.`);
  return schema as JsonObject;
}

function words(text: Json | undefined, what: string, most: number): string {
  if (typeof text !== 'string' || text.trim() === '') throw wrong(what, 'a text', text ?? null);
  if (text.length <= most) return text;
  throw new BraidError('BRAID_OPTION', `${what} has ${text.length} characters; a person is shown at most ${most}.`, {
    fix: 'Show what matters for the answer, and where the rest is.',
  });
}

function wrong(what: string, wanted: string, got: Json): BraidError {
  return new BraidError('BRAID_OPTION', `${what} must be ${wanted}, not ${JSON.stringify(got).slice(0, 80)}.`);
}
