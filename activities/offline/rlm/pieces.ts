/**
 * A task over one piece of a text, and the answers of pieces put together: what agents of a script are asked that cut a text. Only what
 * can be added up is understood; the rest is said not to be.
 */
import { isJsonObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import { labelOf } from './labels.ts';
import type { GroupTask, Task } from './task.ts';
import { UNDERSTOOD } from './understood.ts';

/** Lines `user: U | label: L | text` counted by their label, or by what their text is about where they have none. */
export function countLabels({ ask, labels, about, users }: GroupTask, text: string): Json {
  if (ask !== 'counts' && ask !== 'one') return UNDERSTOOD;
  const counts: JsonObject = Object.fromEntries(labels.map((label) => [label, 0]));
  let unlabelled = 0;
  for (const line of text.split('\n')) {
    const fields = line.split(/ *\|+ */);
    const field = (name: string) =>
      fields
        .find((one) => one.toLowerCase().startsWith(name))
        ?.slice(name.length)
        .trim() ?? null;
    const user = field('user:');
    if (user === null || (users.length > 0 && !users.includes(user))) continue;
    const label = field('label:') ?? labelOf((fields.at(-1) ?? '').replace(/^instance: */i, ''), labels);
    if (label === 'unknown') unlabelled += 1;
    else counts[label] = Number(counts[label] ?? 0) + 1;
  }
  if (unlabelled > 0) return `No answer: ${unlabelled} lines could not be labelled.`;
  return ask === 'one' ? Number(counts[about[0] ?? ''] ?? 0) : counts;
}

/** The list that a prompt gives in `<answers>`; null when it gives none. */
export function answersIn(prompt: string): Json[] | null {
  const open = prompt.lastIndexOf('<answers>');
  const close = prompt.lastIndexOf('</answers>');
  if (open === -1 || close < open) return null;
  try {
    const list = JSON.parse(prompt.slice(open + '<answers>'.length, close)) as Json;
    return Array.isArray(list) ? list.map((one) => (isJsonObject(one) ? (one['answer'] ?? null) : one)) : null;
  } catch {
    return null;
  }
}

/** One answer of many. A piece without an answer leaves a gap, and a sum with a gap is none. */
export function combined(task: Task, answers: readonly Json[]): Json {
  const values = answers.map(read);
  if (task.kind === 'value') {
    const found = [...new Set(values.map(String))].filter(
      (value) => !/^The text says nothing|^nothing\.?$/i.test(value),
    );
    return found.length === 1 ? (found[0] ?? '') : `No answer: the pieces give ${found.length} values.`;
  }
  const gap = values.findIndex((value) => !isSum(value));
  const added = task.kind === 'count' || (task.kind === 'group' && (task.ask === 'counts' || task.ask === 'one'));
  if (!added) return UNDERSTOOD;
  if (gap !== -1) return `No answer: piece ${gap + 1} gives ${JSON.stringify(answers[gap]).slice(0, 200)}.`;
  if (values.every((value) => typeof value === 'number')) return values.reduce((sum, value) => sum + value, 0);
  const sums: JsonObject = {};
  for (const value of values.filter(isJsonObject)) {
    for (const [name, count] of Object.entries(value)) sums[name] = Number(sums[name] ?? 0) + Number(count);
  }
  return sums;
}

/** Answers are texts: a number or an object is written as JSON. */
function read(answer: Json): Json {
  if (typeof answer !== 'string') return answer;
  try {
    return JSON.parse(answer.trim()) as Json;
  } catch {
    return answer.trim();
  }
}

function isSum(value: Json): boolean {
  if (typeof value === 'number') return true;
  return isJsonObject(value) && Object.values(value).every((count) => typeof count === 'number');
}
