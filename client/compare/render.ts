/** A comparison as text: what it was about, its runs, both sides beside each other, how they differ from one repetition to the next. */
import type { Json } from '../../protocol/json.ts';
import { money, plural } from '../render/format.ts';
import { safeLine } from '../render/sanitize.ts';
import { statusText, painter, type Paint } from '../render/style.ts';
import { table } from '../render/tables.ts';
import { fit, pad, wrap } from '../render/width.ts';
import { ASPECTS, type Aspect, type ComparedRun, type Comparison, type Seen, type Side } from './comparison.ts';
import { beside, timelineLines, timeText, treeLines, workMs } from './render-run.ts';

export interface CompareTextOptions {
  width: number;
  color: boolean;
}

export function renderComparison(comparison: Comparison, options: CompareTextOptions): string[] {
  const paint = painter(options.color);
  const { workflow, rlm } = comparison;
  const shown = { workflow: shownOf(workflow), rlm: shownOf(rlm) };
  return [
    ...headLines(comparison, options, paint),
    ...section('runs', runTable([...workflow.runs, ...rlm.runs], options), paint),
    ...failures([...workflow.runs, ...rlm.runs], options, paint),
    ...section(`what each did: ${shown.workflow.run} and ${shown.rlm.run}`, factTable(shown, options), paint),
    ...section('tree', beside(treeLines(shown.workflow), treeLines(shown.rlm), options.width), paint),
    ...section('order in time', timelines(shown, options), paint),
    ...section(repetitionTitle(comparison), determinismTable(comparison, options), paint),
    ...differences(comparison, options, paint),
    ...section('answers', answerLines(comparison, options), paint),
  ];
}

type Shown = { workflow: ComparedRun; rlm: ComparedRun };

/** What is shown of a side in full: of the runs that did not fail the one of middle length, as the first may have waited for a worker. */
function shownOf({ runs, side }: Side): ComparedRun {
  const well = runs.filter(({ status }) => status !== 'failed').toSorted((a, b) => (a.ms ?? 0) - (b.ms ?? 0));
  const run = well[Math.floor((well.length - 1) / 2)] ?? runs[0];
  if (run === undefined) throw new TypeError(`a comparison without a run of its ${side}`);
  return run;
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return ['', paint('bold', title), ...lines.map((line) => `  ${line}`.trimEnd())];
}

function headLines(comparison: Comparison, { width }: CompareTextOptions, paint: Paint): string[] {
  const { id, task, context, pieces, models, offline } = comparison;
  const { main, sub } = models;
  const names = `${context.names.slice(0, 3).join(', ')}${context.parts > 3 ? ` and ${context.parts - 3} more` : ''}`;
  const size = `${context.chars.toLocaleString('en')} characters, ${plural(context.lines, 'line')}`;
  const facts: [string, string][] = [
    ['task', task],
    ['context', `${names} · ${size} · ${pieces} pieces`],
    ['models', main === sub ? main : `${main}; pieces and sub-calls: ${sub}`],
  ];
  const told = offline.flatMap((model) => wrap(offlineText(model), width - 10));
  return [
    paint('bold', fit(`compare ${id}`, width)),
    ...facts.map(([name, value]) => `${pad(name, 10)}${fit(safeLine(value), Math.max(20, width - 10))}`),
    ...told.map((line, i) => `${pad(i === 0 ? 'note' : '', 10)}${paint('yellow', line)}`),
  ];
}

function offlineText(model: string): string {
  return (
    `${model} is a rule program of Braid's own and no language model: this shows how work flows, not how well a model plans ` +
    'or answers, and a rule program gives the same answer every time.'
  );
}

function runTable(runs: readonly ComparedRun[], { width }: CompareTextOptions): string[] {
  const numbers = ['CALLS', 'REQUESTS', 'TOKENS IN', 'TOKENS OUT', 'USD', 'TIME'];
  const rows = runs.map(({ run, status, usage: { calls, requests, inputTokens, outputTokens, usd }, ms }) => [
    run,
    statusText(status),
    String(calls),
    String(requests),
    inputTokens.toLocaleString('en'),
    outputTokens.toLocaleString('en'),
    usd === null ? 'unknown' : money(usd),
    timeText(ms),
  ]);
  const columns = [
    { title: 'RUN', flexible: true },
    { title: 'STATUS' },
    ...numbers.map((title) => ({ title, side: 'right' as const })),
  ];
  return table(columns, rows, width - 2);
}

function failures(runs: readonly ComparedRun[], { width }: CompareTextOptions, paint: Paint): string[] {
  return runs.flatMap(({ run, error, partial }) => {
    const why = error === null ? partial : `${error.code}: ${error.message}`;
    if (why === null) return [];
    const text = wrap(safeLine(`${run}: ${error === null ? 'partial: ' : ''}${why}`), Math.max(20, width - 2));
    return text.map((line) => `  ${paint(error === null ? 'yellow' : 'red', fit(line, width - 2))}`);
  });
}

const SIDES = { workflow: 'DYNAMIC WORKFLOW', rlm: 'RECURSIVE LANGUAGE MODEL' };

function sideTable(rows: readonly (readonly string[])[], { width }: CompareTextOptions): string[] {
  const columns = [{ title: '' }, { title: SIDES.workflow, flexible: true }, { title: SIDES.rlm, flexible: true }];
  return table(columns, rows, width - 2);
}

function factTable({ workflow, rlm }: Shown, options: CompareTextOptions): string[] {
  const both = (name: string, of: (run: ComparedRun) => string) => [name, of(workflow), of(rlm)];
  const leaf = ({ saw }: ComparedRun) => saw.leaves;
  return sideTable(
    [
      ['the plan', 'a script, there before the run', plannedText(rlm)],
      both('prompts', promptsText),
      both('largest prompt', ({ saw }) => chars(Math.max(saw.root.largest, saw.leaves.largest))),
      both('all prompts', ({ saw }) => chars(saw.root.chars + saw.leaves.chars)),
      ['root saw', 'no model is at the root', contextText(rlm.saw.root, 'share')],
      both('leaves saw', (run) => contextText(leaf(run), 'share')),
      both('one leaf saw', (run) => contextText(leaf(run), 'largestShare')),
    ],
    options,
  );
}

function plannedText({ timeline }: ComparedRun): string {
  const count = (what: 'turn' | 'cell') => timeline.filter((step) => step.what === what).length;
  return `by the model, in ${plural(count('turn'), 'turn')} with ${plural(count('cell'), 'cell')}`;
}

/** How many requests were answered, and whose they were. */
function promptsText({ saw: { root, leaves } }: ComparedRun): string {
  const parts = [
    ...(root.requests === 0 ? [] : [`${plural(root.requests, 'prompt')} of the root`]),
    ...(leaves.requests === 0 ? [] : [`${plural(leaves.requests, 'prompt')} of leaves`]),
  ];
  return parts.join(', ') || 'no prompt was answered';
}

function contextText(seen: Seen, what: 'share' | 'largestShare'): string {
  if (seen.requests === 0) return 'nothing';
  return `${what === 'share' ? '' : 'at most '}${percent(seen[what])} of the context`;
}

function percent(share: number): string {
  if (share > 0 && share < 0.0005) return 'under 0.1 %';
  // 99.96 % is not all.
  const rounded = Math.round(share * 1000) / 10;
  return `${(share < 1 && rounded === 100 ? 99.9 : rounded).toFixed(1)} %`;
}

function chars(n: number): string {
  return `${n.toLocaleString('en')} characters`;
}

function timelines({ workflow, rlm }: Shown, { width }: CompareTextOptions): string[] {
  // One scale for both: a longer bar is a longer time.
  const longest = Math.max(workMs(workflow), workMs(rlm), 1);
  return beside(
    (columns) => timelineLines(workflow, longest, columns),
    (columns) => timelineLines(rlm, longest, columns),
    width,
  );
}

function repetitionTitle({ repetitions }: Comparison): string {
  return repetitions === 1 ? 'determinism: one repetition, so nothing to compare' : `${repetitions} repetitions`;
}

const ASPECT_NAMES: { [aspect in Aspect]: string } = {
  plan: 'plan',
  tree: 'tree',
  calls: 'calls',
  order: 'order of asking',
  prompts: 'prompts',
  answers: "models' answers",
  result: 'result',
  arrival: 'order of answers',
};

function determinismTable({ workflow, rlm, repetitions }: Comparison, options: CompareTextOptions): string[] {
  if (repetitions === 1) return [];
  const word = ({ determinism: { same, compared } }: Side, aspect: Aspect) =>
    same[aspect] === null ? `not compared: ${compared} did not fail` : same[aspect] ? 'same' : 'differs';
  return sideTable(
    ASPECTS.map((aspect) => [ASPECT_NAMES[aspect], word(workflow, aspect), word(rlm, aspect)]),
    options,
  );
}

function differences({ workflow, rlm }: Comparison, { width }: CompareTextOptions, paint: Paint): string[] {
  return [workflow, rlm].flatMap(({ determinism: { first } }) => {
    if (first === null) return [];
    const { run, from, what, address, n } = first;
    const place = address === null ? '' : `${address}#${n} `;
    const quoted = (name: string, text: string | null) =>
      `    ${pad(name, 6)} ${text === null ? '(not there)' : safeLine(text)}`;
    const lines = [`  ${run} first differs from ${from}: ${place}${ASPECT_NAMES[what]}`];
    if (first.here !== null || first.there !== null)
      lines.push(quoted('first', first.there), quoted('here', first.here));
    return ['', ...lines.map((line, i) => paint(i === 0 ? 'yellow' : 'dim', fit(line, width)))];
  });
}

function answerLines({ workflow, rlm, sameAnswer }: Comparison, { width }: CompareTextOptions): string[] {
  const line = ({ run, answer }: ComparedRun) => fit(`${run}: ${safeLine(asText(answer))}`, width - 2);
  const verdict =
    sameAnswer === null
      ? 'not both sides gave an answer'
      : sameAnswer
        ? 'all are the same'
        : 'they are not all the same';
  return [...[...workflow.runs, ...rlm.runs].map(line), verdict];
}

function asText(answer: Json): string {
  if (answer === null) return 'none';
  return typeof answer === 'string' ? answer : JSON.stringify(answer);
}
