/** What `braid rlm` and the library's `rlm` start a run with. */
import { resolve } from 'node:path';
import type { ContextRef, PromptText } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, type JsonObject } from '../../protocol/json.ts';
import { REPL, RLM, SETTING_BOUNDS } from '../../protocol/limits.ts';
import type { RlmInput, ToolModule } from '../../protocol/rlm.ts';
import { schemaProblem } from '../../protocol/schema-check.ts';
import type { Store } from '../../store/blobs.ts';
import { textRefOf } from '../../store/contexts/refs.ts';
import { readJson, textOf } from './args.ts';
import type { BraidConfig } from './config.ts';
import { whole } from './limits.ts';
import { currentPlace, type Place } from './place.ts';
import { buildRunBase, type BaseOptions } from './run-base.ts';
import type { Setting } from './settings.ts';

export interface OpenedContext {
  context: ContextRef | null;
  warnings: string[];
}

export interface RlmInputOptions extends BaseOptions {
  /** The question itself, `@file`, or `-` for standard input; `{text}` is taken as it is. */
  question: string | { text: string };
  /** Reads the context into the store, once everything that is cheap to check has been checked. */
  context: () => Promise<OpenedContext>;
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
  const question = await questionOf(options.question, place);
  const schema = await schemaOf(options.schema, place);
  const { input, config, warnings } = await buildRunBase(options, place);
  const loop = loopOf(options, config);
  const tools = toolModuleOf(config, place.cwd);
  const opened = await options.context();
  const { compact, prompts } = config.values.rlm ?? {};
  return {
    warnings: [...warnings, ...opened.warnings],
    input: {
      ...input,
      name: nameOf(question),
      question: await promptOf(store, question),
      asked: { head: question.slice(0, RLM.questionChars).toWellFormed(), length: question.length },
      context: opened.context,
      rlm: {
        model: input.models.main,
        subModel: input.models.sub,
        system: options.system ?? null,
        schema,
        ...loop,
        maxOutputTokens: null,
        effort: null,
        compactChars: compact === false ? null : (compact ?? RLM.compactChars),
      },
      prompts: { ...(prompts as RlmInput['prompts'] | undefined) },
      toolModule: tools,
    },
  };
}

/** A name for people: the question's start in one line. */
export function nameOf(question: string): string {
  const line = question
    .slice(0, 400)
    .replace(/[\s\p{Control}]+/gu, ' ')
    .trim();
  return line.length <= 80 ? line : `${line.slice(0, 79).toWellFormed()}…`;
}

async function questionOf(given: RlmInputOptions['question'], place: Place): Promise<string> {
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
  return {
    maxIterations: whole(setting('iterations'), SETTING_BOUNDS.iterations) ?? RLM.iterations,
    depth: whole(setting('depth'), SETTING_BOUNDS.depth) ?? RLM.depth,
  };
}

/** The worker loads the functions from the same file. */
function toolModuleOf({ values, file }: { values: BraidConfig; file: string | null }, cwd: string): ToolModule | null {
  const tools = Object.entries(values.rlm?.tools ?? {});
  if (file === null || tools.length === 0) return null;
  return { file: resolve(cwd, file), tools: tools.map(([name, { description }]) => ({ name, description })) };
}
