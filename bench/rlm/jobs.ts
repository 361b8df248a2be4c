/**
 * What the scripted model says, and what a loop without Braid must ask to do the same work. A run's job, size, latency and id
 * stand in the model's name: the provider answers any request by itself, also one that comes again after a kill.
 */

export interface Plan {
  job: JobName;
  /** Sub-calls, children or turns: what the job counts. */
  count: number;
  latencyMs: number;
  /** Tells the requests of one run from those of others. */
  run: string;
}

/** A text as floors read it: a string, or a file that is read where it is needed. */
export interface Source {
  readonly length: number;
  slice(start: number, end: number): string;
}

interface Job {
  /** Code of the root's turns, in order; the last one gives the final. */
  cells(count: number): string[];
  /** Prompts of the sub-calls that the cell of a turn makes. */
  prompts?(turn: number, count: number, text: Source): string[];
  /** Recursive calls that the cell of a turn makes, each a run of the job `child`. */
  children?(turn: number, count: number): number;
  value(count: number): number;
}

export type JobName = 'common' | 'unawaited' | 'python' | 'iterations' | 'recursion' | 'child' | 'long';

/** Sub-calls begin with it: that is how the provider tells them from turns of a loop. */
export const LEAF = 'Summarise: ';
/** Characters of a text that one sub-call reads. */
const SLICE = 50_000;
const LOOK = 'console.log(context.length, context.slice(0, 100))';

/** Slices from all over a text. Variables are global on purpose: that is valid in the JavaScript of every peer. */
const BATCH = (count: number, wait = 'await ') =>
  [
    `step = Math.floor(context.length / ${count}); size = Math.min(step, ${SLICE});`,
    `prompts = Array.from({ length: ${count} }, (_, i) => '${LEAF}' + context.slice(i * step, i * step + size));`,
    `found = ${wait}llm_query_batched(prompts);`,
    'console.log(found.length);',
  ].join('\n');

const PYTHON = (count: number) =>
  [
    `step = len(context) // ${count}; size = min(step, ${SLICE})`,
    `found = llm_query_batched(["${LEAF}" + context[i * step:i * step + size] for i in range(${count})])`,
    'print(len(found))',
  ].join('\n');

export const JOBS: Readonly<Record<JobName, Job>> = {
  /** Three turns: look, one batch of `count` sub-calls, the final. */
  common: {
    cells: (count) => [LOOK, BATCH(count), 'FINAL(found.length)'],
    prompts: (turn, count, text) => (turn === 1 ? slicesOf(text, count) : []),
    value: (count) => count,
  },
  /** The same for a REPL whose calls block. */
  unawaited: {
    cells: (count) => [LOOK, BATCH(count, ''), 'FINAL(found.length)'],
    value: (count) => count,
  },
  /** The same in Python. */
  python: {
    cells: (count) => [
      'print(len(context), context[:100])',
      PYTHON(count),
      'answer["content"] = str(len(found)); answer["ready"] = True',
    ],
    value: (count) => count,
  },
  /** `count` turns that do next to nothing. */
  iterations: {
    cells: (count) =>
      Array.from({ length: count }, (_, i) =>
        i === count - 1 ? 'FINAL(total)' : `total = ${i === 0 ? 0 : 'total'} + 1; print('step', total)`,
      ),
    value: (count) => count - 1,
  },
  /** Two turns: a batch of `count` recursive calls, the final. */
  recursion: {
    cells: (count) => [
      [
        `const step = Math.floor(context.length / ${count});`,
        `const parts = Array.from({ length: ${count} }, (_, i) => ['How long is it?', context.slice(i * step, (i + 1) * step)]);`,
        'const lengths = await rlm_query_batched(parts);',
        'print(lengths.length)',
      ].join('\n'),
      'FINAL(lengths.filter((length) => length === step).length)',
    ],
    children: (turn, count) => (turn === 0 ? count : 0),
    value: (count) => count,
  },
  child: {
    cells: () => [LOOK, 'FINAL(context.length)'],
    value: () => 0,
  },
  /** `count` turns over a large text, each with a look at it and a sub-call. */
  long: {
    cells: (count) => Array.from({ length: count }, (_, turn) => longCell(turn, count)),
    prompts: (turn, count, text) =>
      turn === 0 || turn === count - 1 ? [] : [LEAF + text.slice(turn * SLICE, (turn + 1) * SLICE)],
    value: (count) => count - 2,
  },
};

export function modelOf({ job, count, latencyMs, run }: Plan): string {
  return [job, count, latencyMs, run].join('.');
}

export function planOf(model: string): Plan {
  const [job = '', count, latencyMs, run = ''] = model.split('.');
  if (!isJob(job)) throw new RangeError(`${model} is no model of this bench`);
  return { job, count: Number(count), latencyMs: Number(latencyMs), run };
}

function isJob(name: string): name is JobName {
  return Object.hasOwn(JOBS, name);
}

function longCell(turn: number, count: number): string {
  if (turn === 0) return `${LOOK}; let read = 0`;
  if (turn === count - 1) return 'FINAL(read)';
  return [
    `const piece${turn} = context.slice(${turn * SLICE}, ${(turn + 1) * SLICE});`,
    `print(piece${turn}.slice(0, 2000));`,
    `const answer${turn} = await llm_query('${LEAF}' + piece${turn});`,
    'read += 1; print(read)',
  ].join('\n');
}

function slicesOf(text: Source, count: number): string[] {
  const step = Math.floor(text.length / count);
  const size = Math.min(step, SLICE);
  return Array.from({ length: count }, (_, i) => LEAF + text.slice(i * step, i * step + size));
}
