/** What a loop says between a model's turns. */
import type { ContextRef } from '../../../protocol/context.ts';
import type { JsonObject } from '../../../protocol/json.ts';
import { RLM } from '../../../protocol/limits.ts';
import type { ModelMessage } from '../../../protocol/model-call.ts';
import type { VariableInfo } from '../../../protocol/repl.ts';

export interface Left {
  iteration: number;
  iterations: number;
  calls: { used: number; limit: number | null };
  outputTokens: { used: number; limit: number | null };
}

/** RL-08: one line. */
function budgetLine({ iteration, iterations, calls, outputTokens }: Left): string {
  const parts = [
    `Turn ${iteration} of ${iterations}`,
    `${calls.used}${calls.limit === null ? '' : ` of ${calls.limit}`} calls used`,
    `${outputTokens.used}${outputTokens.limit === null ? '' : ` of ${outputTokens.limit}`} output tokens used`,
  ];
  const last = iteration === iterations ? ' This is your last turn: give the answer with FINAL.' : '';
  return `[${parts.join(' · ')}]${last}`;
}

const BUDGET_LINE = /^\[Turn \d+ of \d+ · .*$/gm;

/** A message as keys see it: what is left of the limits is no part of what was asked, so that a run may be resumed with others. */
export function withoutBudget(message: ModelMessage): ModelMessage {
  if (message.role === 'user' && typeof message.text === 'string') {
    return { role: 'user', text: message.text.replace(BUDGET_LINE, '') };
  }
  if (message.role !== 'tool') return message;
  return {
    role: 'tool',
    results: message.results.map((result) => ({ ...result, output: result.output.replace(BUDGET_LINE, '') })),
  };
}

/** RL-01: its size does not depend on the context's. */
export function firstMessage(asked: Asked, context: ContextRef | null, schema: JsonObject | null, left: Left): string {
  const parts = [questionText(asked), contextText(context), schemaText(schema), budgetLine(left)];
  return parts.filter((part) => part !== '').join('\n\n');
}

export interface Asked {
  head: string;
  tail: string;
  length: number;
}

const SCHEMA_CHARS = 8_000;

function schemaText(schema: JsonObject | null): string {
  if (schema === null) return '';
  const text = JSON.stringify(schema);
  const shown = text.length > SCHEMA_CHARS ? `${text.slice(0, SCHEMA_CHARS)}…` : text;
  return `The value that you give to FINAL must fit this JSON Schema:\n${shown}`;
}

function questionText({ head, tail, length }: Asked): string {
  if (length <= RLM.questionChars) return `Question:\n${head}`;
  const left = length - head.length - tail.length;
  return `Question (${length} characters; the whole is the variable \`question\`):\n${head}\n… ${left} characters left out …\n${tail}`;
}

function contextText(context: ContextRef | null): string {
  if (context === null) return 'There is no context: `context` is undefined.';
  const { kind, parts, length, bytes, lines, names, head, tail } = context;
  const size = `${length} characters, ${lines} lines, ${bytes} bytes`;
  const what =
    kind === 'files'
      ? `\`context\` is an array of ${parts} texts {name, text, length}, in all ${size}:\n${nameList(names, parts)}`
      : kind === 'json'
        ? `\`context\` is a JSON value, already parsed (as text ${size}).`
        : `\`context\` is one text: ${size}.`;
  const preview = [`It begins:\n${head}`];
  if (tail !== '') preview.push(`It ends:\n${tail}`);
  return [what, ...preview].join('\n\n');
}

function nameList(names: { name: string; length: number }[], parts: number): string {
  const lines = names.map(({ name, length }, index) => `  [${index}] ${name} (${length})`);
  if (parts > names.length) lines.push(`  … ${parts - names.length} more`);
  return lines.join('\n');
}

export interface CellReport {
  cell: number;
  /** Of cells in an answer, when there are several. */
  output: string;
  error: string | null;
  hints: string[];
  problem: string | null;
}

export function cellMessage(reports: CellReport[], skipped: number, left: Left): string {
  const parts = reports.map(({ cell, output, error, hints, problem }) =>
    [
      `Output of cell ${cell}:`,
      output === '' ? (error === null ? '(nothing printed)' : '') : output,
      error ?? '',
      problem === null ? '' : `FINAL was not accepted: ${problem} Correct the value and call FINAL again.`,
      ...hints.map((hint) => `Note: ${hint}`),
    ]
      .filter((part) => part !== '')
      .join('\n'),
  );
  if (skipped > 0) parts.push(`${skipped} further cells of your answer were not run.`);
  return [...parts, budgetLine(left)].join('\n\n');
}

/** RL-02: an answer without a cell. */
export function reminder(hints: string[], left: Left): string {
  return [
    'Your answer held no ```js cell, so nothing was run. Write a cell; to give the answer, call FINAL(value) in one.',
    ...hints.map((hint) => `Note: ${hint}`),
    budgetLine(left),
  ].join('\n\n');
}

/** RL-07: the last word before a node ends. */
export function extraction(why: string, variables: VariableInfo[], schema: boolean): string {
  const list = variables.map(
    ({ name, type, size, preview }) => `- ${name}: ${type}${size === null ? '' : ` (${size})`} ${preview}`,
  );
  return [
    `${why} No more code is run but one last cell.`,
    list.length === 0 ? 'You have no variables.' : `Your variables:\n${list.join('\n')}`,
    schema
      ? 'Answer now with one ```js cell that calls FINAL(value) or FINAL_VAR("name") with the best answer that you have.'
      : 'Give the best answer that you have now: as plain text, or with one ```js cell that calls FINAL_VAR("name").',
  ].join('\n\n');
}

export const COMPACT_SYSTEM =
  'You keep the working notes of a model that explores a large material by code in a REPL. Its variables stay; its older turns will be dropped.';

export function compaction(): string {
  return [
    'Summarise the turns above for yourself: what is known for certain with numbers, what the variables and functions hold, what failed and why,',
    'what remains to be done. Plain text, no code cell, at most 600 words.',
  ].join(' ');
}

export function compacted(summary: string): string {
  return `Earlier turns were dropped; your variables are still there. Your notes:\n\n${summary}`;
}
