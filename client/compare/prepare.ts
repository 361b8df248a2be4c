/** Both sides of a comparison, ready to start: the same question, the same context, the same limits. Nothing is started. */
import type { ContextRef } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import { COMPARE } from '../../protocol/limits.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import type { Store } from '../../store/blobs.ts';
import { getManifest } from '../../store/contexts/manifest.ts';
import { textOf } from '../input/args.ts';
import { whole } from '../input/limits.ts';
import { currentPlace, type Place } from '../input/place.ts';
import { buildRlmInput, type BuiltRlm, type OpenedContext } from '../input/rlm-input.ts';
import { buildScriptInput, type BuiltInput } from '../input/script-input.ts';
import type { Flags } from '../input/settings.ts';
import { largeText } from '../large-value.ts';
import type { Compared } from './compare.ts';
import { COMPARE_SCRIPT, type CompareArgs } from './workflow-script.ts';

export interface CompareOptions {
  /** Names the comparison; its runs' ids begin with it. */
  id: string;
  /** The task itself, or `@file`. */
  task: string;
  /** Opens the context, once everything that is cheap to check has been checked. */
  context: () => Promise<OpenedContext>;
  pieces?: string | number | undefined;
  repeat?: string | number | undefined;
  /** Of the RLM: levels of recursion, turns of its root. */
  depth?: string | number | undefined;
  iterations?: string | number | undefined;
  /** Models and limits; the limits are those of each run. */
  flags: Flags;
}

export interface Prepared {
  compared: Compared;
  workflow: BuiltInput;
  rlm: BuiltRlm;
  /** The context as the script gets it. */
  text: string;
  warnings: string[];
}

/** @throws BraidError for the first thing that is wrong: BRAID_USAGE, BRAID_CONTEXT_TOO_LARGE, BRAID_MODEL_MISSING and what the inputs throw. */
export async function prepareComparison(
  options: CompareOptions,
  store: Store,
  place: Place = currentPlace(),
): Promise<Prepared> {
  const pieces = numberOf('--pieces', options.pieces, { min: 2, max: COMPARE.maxPieces }) ?? COMPARE.pieces;
  const repetitions = numberOf('--repeat', options.repeat, { min: 1, max: COMPARE.maxRepeat }) ?? COMPARE.repeat;
  const task = (await textOf(options.task, 'The task', place)).text.trim();
  const { id: run, flags, depth, iterations } = options;
  // The agents of the script read their pieces, not files; nor does the RLM.
  const base = { run, flags, workspace: false, engine: ENGINE_HASH };
  const context = async (): Promise<OpenedContext> => {
    const { context: found, warnings } = await options.context();
    return { context: sized(found, pieces), warnings };
  };
  const rlm = await buildRlmInput({ ...base, question: { text: task }, context, depth, iterations }, store, place);
  const material = await materialOf(sized(rlm.input.context, pieces), store);
  const { main, sub } = rlm.input.models;
  const args: CompareArgs = { question: task, text: material.text, pieces, pieceModel: sub === main ? null : sub };
  const script = { source: COMPARE_SCRIPT, file: 'compare.js' };
  const workflow = await buildScriptInput({ ...base, script, args: { value: args } }, place);
  return {
    compared: { id: run, task, context: material.compared, pieces, repetitions, models: { main, sub } },
    workflow,
    rlm,
    text: material.text,
    warnings: [...new Set([...workflow.warnings, ...rlm.warnings])],
  };
}

function numberOf(
  from: string,
  value: string | number | undefined,
  bounds: { min: number; max: number },
): number | null {
  return whole(value === undefined ? undefined : { value, from, code: 'BRAID_USAGE' }, bounds);
}

/** Errors: BRAID_USAGE without a context or with one that is too short, BRAID_CONTEXT_TOO_LARGE. */
function sized(context: ContextRef | null, pieces: number): ContextRef {
  if (context === null) {
    throw new BraidError(
      'BRAID_USAGE',
      'A comparison needs a context that can be cut into pieces, and none is named.',
      {
        fix: 'braid compare "What is asked?" --context file.txt',
      },
    );
  }
  const { length } = context;
  if (length < pieces) {
    throw new BraidError('BRAID_USAGE', `The context has ${length} characters, too few for ${pieces} pieces.`, {
      fix: length < 2 ? 'Name a longer context.' : `Name a longer context, or --pieces ${Math.max(2, length)} at most.`,
    });
  }
  if (length <= COMPARE.contextChars) return context;
  const most = COMPARE.contextChars.toLocaleString('en');
  throw new BraidError(
    'BRAID_CONTEXT_TOO_LARGE',
    `The context has ${length.toLocaleString('en')} characters; a comparison takes ${most}, because its pieces stand in prompts.`,
    { fix: 'Compare on a part of it; braid rlm takes all of it.' },
  );
}

/** The whole context as one text, which the script cuts: several texts stand below their names. */
async function materialOf(context: ContextRef, store: Store): Promise<{ text: string; compared: Compared['context'] }> {
  if (!('manifest' in context.of)) throw new TypeError('a context that was just read is a whole manifest');
  const { manifest } = context.of;
  const { parts } = await getManifest(store, manifest);
  const texts: string[] = [];
  for (const [part, { name, length }] of parts.entries()) {
    const head = parts.length === 1 ? '' : `${texts.length === 0 ? '' : '\n'}===== ${name} =====\n`;
    let text = '';
    for await (const piece of largeText({ text: { manifest, part, start: 0, end: length } }, store)) text += piece;
    texts.push(head + text);
  }
  const text = texts.join('');
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  const names = context.names.map(({ name }) => name);
  return { text, compared: { names, parts: context.parts, chars: text.length, lines } };
}
