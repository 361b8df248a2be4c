/**
 * What a run that is resumed hands to the one that resumes it, read from the input it was started with. Histories hold JSON that
 * some version of Braid wrote: it is parsed, whole or not at all.
 *
 *  E1  All that enters a call's key and that the user does not name anew is the earlier run's: args, question, contexts, models,
 *      seed, workspace. Limits are never taken over: they are no part of the work.
 */
import { isTextRef, type ContextRef, type PromptText } from '../../protocol/context.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import type { RlmInput } from '../../protocol/rlm.ts';
import type { RunModels, WorkspaceRef } from '../../protocol/run-input.ts';
import { cap, list, object, text } from '../../histories/parse-json.ts';

export interface EarlierRun {
  /** Its workflow id. */
  run: string;
  models: RunModels;
  /** Its random numbers: prompts that were made of them must come out the same. */
  seed: string;
  /** Null: it ran without one. */
  workspace: WorkspaceRef | null;
}

export interface EarlierScript extends EarlierRun {
  kind: 'script';
  file: string;
  /** Blob of the source as the user wrote it. */
  sourceHash: string;
  args: Json | null;
  hasArgs: boolean;
  /** Its script writes scripts (protocol/plan.ts). */
  planner?: true;
}

export interface EarlierRlm
  extends EarlierRun, Pick<RlmInput, 'question' | 'asked' | 'context' | 'prompts' | 'toolModule'> {
  kind: 'rlm';
  name: string;
  options: Pick<RlmInput['rlm'], 'system' | 'schema' | 'maxIterations' | 'depth'>;
}

/** Null when the input is not that of a script as this version knows it. */
export function parseEarlierScript(run: string, input: Json): EarlierScript | null {
  const base = parseBase(run, input);
  const { file, sourceHash, args, hasArgs, planner } = object(input);
  if (base === null || typeof sourceHash !== 'string') return null;
  return {
    ...base,
    kind: 'script',
    file: text(file) ?? run,
    sourceHash,
    args: args ?? null,
    hasArgs: hasArgs === true,
    ...(planner === true ? { planner } : {}),
  };
}

/** Null when the input is not that of an RLM as this version knows it. */
export function parseEarlierRlm(run: string, input: Json): EarlierRlm | null {
  const base = parseBase(run, input);
  const { name, question, asked, context, rlm, prompts, toolModule } = object(input);
  const known = parsePrompt(question);
  const { head, length } = object(asked);
  const options = object(rlm);
  const read = context === null || context === undefined ? null : parseContext(context);
  if (base === null || known === null || typeof head !== 'string' || read === undefined) return null;
  return {
    ...base,
    kind: 'rlm',
    name: text(name) ?? run,
    question: known,
    asked: { head, length: cap(length) ?? head.length },
    context: read,
    options: {
      system: text(options.system),
      schema: isJsonObject(options.schema) ? options.schema : null,
      maxIterations: cap(options.maxIterations) ?? 1,
      depth: cap(options.depth) ?? 0,
    },
    prompts: parsePrompts(prompts),
    toolModule: parseToolModule(toolModule),
  };
}

function parseBase(run: string, input: Json): EarlierRun | null {
  const { models, seed, workspace } = object(input);
  const { main, sub, aliases } = object(models);
  if (typeof main !== 'string' || typeof seed !== 'string') return null;
  return {
    run,
    seed,
    models: { main, sub: text(sub) ?? main, aliases: texts(aliases) },
    workspace: parseWorkspace(workspace),
  };
}

function parseWorkspace(json: Json | undefined): WorkspaceRef | null {
  const { root, base } = object(json);
  return typeof root === 'string' ? { root, base: text(base) } : null;
}

/** A text, or pieces of which each is a text or names one in the store. */
function parsePrompt(json: Json | undefined): PromptText | null {
  if (typeof json === 'string') return json;
  const pieces = list(json).flatMap((piece) => (typeof piece === 'string' || isTextRef(piece) ? [piece] : []));
  return Array.isArray(json) && pieces.length === json.length && pieces.length > 0 ? pieces : null;
}

/** Undefined when it is no context. */
function parseContext(json: Json): ContextRef | undefined {
  const { kind, of, parts, length, bytes, lines, names, head, tail } = object(json);
  const named = parseNamed(object(of));
  if ((kind !== 'text' && kind !== 'files' && kind !== 'json') || named === null) return undefined;
  return {
    kind,
    of: named,
    parts: cap(parts) ?? 0,
    length: cap(length) ?? 0,
    bytes: cap(bytes) ?? 0,
    lines: cap(lines) ?? 0,
    names: list(names).map((one) => {
      const part = object(one);
      return { name: text(part.name) ?? '', length: cap(part.length) ?? 0 };
    }),
    head: text(head) ?? '',
    tail: text(tail) ?? '',
  };
}

function parseNamed({ manifest, pieces }: JsonObject): ContextRef['of'] | null {
  if (typeof manifest === 'string') return { manifest };
  if (!Array.isArray(pieces)) return null;
  const read = pieces.flatMap((piece) => {
    const name = text(object(piece).name) ?? '';
    if (!isTextRef(piece)) return [];
    const { manifest: of, part, start, end } = piece;
    return [{ manifest: of, part, start, end, name }];
  });
  return read.length === pieces.length ? { pieces: read } : null;
}

function parsePrompts(json: Json | undefined): RlmInput['prompts'] {
  const { root, child, leaf } = texts(json);
  return {
    ...(root === undefined ? {} : { root }),
    ...(child === undefined ? {} : { child }),
    ...(leaf === undefined ? {} : { leaf }),
  };
}

function parseToolModule(json: Json | undefined): RlmInput['toolModule'] {
  const { file, tools } = object(json);
  if (typeof file !== 'string') return null;
  const known = list(tools).flatMap((tool) => {
    const { name, description } = object(tool);
    return typeof name === 'string' ? [{ name, description: text(description) ?? '' }] : [];
  });
  return { file, tools: known };
}

function texts(json: Json | undefined): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(object(json)).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
