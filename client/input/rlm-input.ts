/** What `braid rlm` and the library's `rlm` start a run with. */
import type { ContextRef, PromptText } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, type JsonObject } from '../../protocol/json.ts';
import { REPL, RLM, SETTING_BOUNDS } from '../../protocol/limits.ts';
import type { RlmInput } from '../../protocol/rlm.ts';
import { schemaProblem } from '../../protocol/schema-check.ts';
import type { Store } from '../../store/blobs.ts';
import { textRefOf } from '../../store/contexts/refs.ts';
import { readJson, textOf } from './args.ts';
import type { BraidConfig } from './config.ts';
import { whole } from './limits.ts';
import type { EarlierRlm } from '../resume/earlier.ts';
import { currentPlace, type Place } from './place.ts';
import { buildRunBase, type BaseOptions } from './run-base.ts';
import type { Setting } from './settings.ts';
import { REPL_ENGINE_HASH } from '../../sandbox/engine/repl-engine-hash.ts';
import { toolModuleOf } from './tool-module.ts';

export interface OpenedContext {
  context: ContextRef | null;
  warnings: string[];
}

export interface RlmInputOptions extends BaseOptions {
  /** The question itself, `@file`, or `-` for standard input; `{text}` is taken as it is. Absent: that of `earlier`. */
  question?: string | { text: string } | undefined;
  /** Reads the context into the store, once everything that is cheap to check has been checked. Absent: that of `earlier`, or none. */
  context?: (() => Promise<OpenedContext>) | undefined;
  earlier?: EarlierRlm | undefined;
  /** JSON text, `@file`, or the schema itself. */
  schema?: string | JsonObject | undefined;
  /** Levels of `rlm_query` that get a REPL of their own. */
  depth?: string | number | undefined;
  iterations?: string | number | undefined;
  /** Added to the system prompt of the root. */
  system?: string | undefined;
}

export interface BuiltRlm {
  input: RlmInput;
  warnings: string[];
}

/**
 * Everything an RLM is started with, checked; its context and a long question are in the store then. Nothing is started.
 *
 * @throws BraidError for the first thing that is wrong; its code, place and fix are for the user.
 */
export async function buildRlmInput(
  options: RlmInputOptions,
  store: Store,
  place: Place = currentPlace(),
): Promise<BuiltRlm> {
  const { earlier } = options;
  const asked = await askedOf(options, place);
  const schema = (await schemaOf(options.schema, place)) ?? earlier?.options.schema ?? null;
  const { input, config, warnings } = await buildRunBase(options, place);
  const loop = loopOf(options, config);
  const opened = await contextOf(options);
  const { compact } = config.values.rlm ?? {};
  return {
    warnings: [...warnings, ...opened.warnings],
    input: {
      ...input,
      ...('text' in asked ? await newQuestion(store, asked.text) : asked),
      context: opened.context,
      replEngine: REPL_ENGINE_HASH,
      rlm: {
        model: input.models.main,
        subModel: input.models.sub,
        system: options.system ?? earlier?.options.system ?? null,
        schema,
        ...loop,
        maxOutputTokens: null,
        effort: null,
        compactChars: compact === false ? null : (compact ?? RLM.compactChars),
      },
      ...configured(config, place.cwd, earlier),
    },
  };
}

type Asked = Pick<RlmInput, 'name' | 'question' | 'asked'>;

/** A question that is given, or the earlier run's as it stands. */
async function askedOf({ question, earlier }: RlmInputOptions, place: Place): Promise<{ text: string } | Asked> {
  if (question === undefined && earlier !== undefined) {
    const { name, asked } = earlier;
    return { name, question: earlier.question, asked };
  }
  return { text: await questionOf(question ?? { text: '' }, place) };
}

async function newQuestion(store: Store, question: string): Promise<Asked> {
  return {
    name: nameOf(question),
    question: await promptOf(store, question),
    asked: { head: question.slice(0, RLM.questionChars).toWellFormed(), length: question.length },
  };
}

async function contextOf({ context, earlier }: RlmInputOptions): Promise<OpenedContext> {
  return context === undefined ? { context: earlier?.context ?? null, warnings: [] } : context();
}

/** Prompts and tools of the configuration here; without one, what the earlier run had. */
function configured(
  config: { values: BraidConfig; file: string | null },
  cwd: string,
  earlier: EarlierRlm | undefined,
): Pick<RlmInput, 'prompts' | 'toolModule'> {
  if (config.file === null && earlier !== undefined)
    return { prompts: earlier.prompts, toolModule: earlier.toolModule };
  const prompts = { ...(config.values.rlm?.prompts as RlmInput['prompts'] | undefined) };
  return { prompts, toolModule: toolModuleOf(config, cwd) };
}

/** A name for people: the question's start in one line. */
export function nameOf(question: string): string {
  const line = question
    .slice(0, 400)
    .replace(/[\s\p{Control}]+/gu, ' ')
    .trim();
  return line.length <= 80 ? line : `${line.slice(0, 79).toWellFormed()}…`;
}

async function questionOf(given: string | { text: string }, place: Place): Promise<string> {
  const text =
    typeof given === 'string' ? (await textOf(given === '-' ? '@-' : given, 'The question', place)).text : given.text;
  if (text.trim() !== '') return text;
  throw new BraidError('BRAID_USAGE', 'The question is empty.', {
    fix: 'braid rlm "What is asked?" --context file.txt; a long question as @file.',
  });
}

/** A long question travels by reference, like every large text. */
async function promptOf(store: Store, question: string): Promise<PromptText> {
  return question.length <= REPL.inlineChars ? question : [await textRefOf(store, question, { name: 'question' })];
}

async function schemaOf(given: RlmInputOptions['schema'], place: Place): Promise<JsonObject | null> {
  if (given === undefined) return null;
  const schema = typeof given === 'string' ? await readJson(given, '--schema', place) : given;
  const problem = isJsonObject(schema) ? schemaProblem(schema) : 'it is no object';
  if (isJsonObject(schema) && problem === null) return schema;
  throw new BraidError('BRAID_OPTION', `--schema is no JSON Schema: ${problem}.`, {
    fix: `Write for example --schema '{"type": "object", "properties": {"count": {"type": "integer"}}}'.`,
  });
}

function loopOf(options: RlmInputOptions, { values, file }: { values: BraidConfig; file: string | null }) {
  const setting = (name: 'iterations' | 'depth'): Setting | undefined => {
    const own = options[name];
    if (own !== undefined) return { value: own, from: `--${name}`, code: 'BRAID_USAGE' };
    const value = values.rlm?.[name];
    return value === undefined ? undefined : { value, from: `rlm.${name} in ${file}`, code: 'BRAID_CONFIG' };
  };
  const before = options.earlier?.options;
  const named = (name: 'iterations' | 'depth') =>
    before === undefined || options[name] !== undefined ? whole(setting(name), SETTING_BOUNDS[name]) : null;
  return {
    maxIterations: named('iterations') ?? before?.maxIterations ?? RLM.iterations,
    depth: named('depth') ?? before?.depth ?? RLM.depth,
  };
}
