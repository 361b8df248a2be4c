/** A recursive language model as a saved workflow: its question, asked again of whatever context the caller gives. */
import { BraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import type { RunView } from '../../protocol/view.ts';
import { checkScript } from '../../sandbox/check/index.ts';
import type { EarlierRlm } from '../resume/earlier.ts';
import type { PinnedStructure } from './structure.ts';

/** Throws BRAID_USAGE for a question that is no text of its own, or is too large for a script. */
export function questionScript({ run, question, options }: EarlierRlm, name: string): string {
  const { system, schema, maxIterations, depth } = options;
  const opts = {
    ...{ label: name, iterations: maxIterations, depth },
    ...(system === null ? {} : { system }),
    ...(schema === null ? {} : { schema }),
  };
  const source = [
    `export const meta = { name: ${literal(name)}, description: ${literal(`The question of the run ${run}`)} };`,
    '// Its context comes as args.context: a text, a list of {name, text}, or any value.',
    'const context = args === undefined || args === null ? null : (args.context ?? null);',
    `return await rlm(${literal(wholeText(run, question))}, context, ${literal(opts)});`,
    '',
  ].join('\n');
  checkScript(source, { file: `${name}.js` });
  return source;
}

/** What that script asks for. */
export function askedOnce({ run, model }: Pick<RunView, 'run' | 'model'>, name: string): PinnedStructure {
  const calls = [{ label: name, kind: 'rlm' as const, phase: null, model, count: 1 }];
  return { v: 1, workflow: name, from: run, phases: [], calls };
}

/** The text of a question. Throws BRAID_USAGE when parts of it are references to a store. */
export function wholeText(run: string, question: EarlierRlm['question']): string {
  const pieces = typeof question === 'string' ? [question] : question;
  const texts = pieces.flatMap((piece) => (typeof piece === 'string' ? [piece] : []));
  if (texts.length === pieces.length) return texts.join('');
  throw new BraidError(
    'BRAID_USAGE',
    `The question of ${run} refers to texts of its store, so it stands in no script.`,
  );
}

function literal(value: Json): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
