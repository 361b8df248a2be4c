/**
 * How `offline/rlm` answers a plain prompt: a sub-call of its own cells, a recursive call that became a plain one, or an agent
 * of a script. The prompt holds all that there is; what it asks is judged by the same rules as a root's question.
 */
import { isJsonObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import { minimalValue } from '../fill.ts';
import type { Conversation, RuleAnswer } from '../rule-model.ts';
import { jsonIn } from '../review/prompt-text.ts';
import { dictionaryOf } from './cells/letters.ts';
import { valueAfter } from './cells/search.ts';
import { labelOf } from './labels.ts';
import { licencesIn } from './licence.ts';
import { namesOf } from './names.ts';
import { answersIn, combined, countLabels } from './pieces.ts';
import { UNDERSTOOD } from './understood.ts';
import { taskOf, type LettersTask, type Task } from './task.ts';

export function answerLeaf(conversation: Conversation): RuleAnswer {
  const prompt = conversation.user[0] ?? '';
  const value = leafValue(prompt);
  const { submitSchema, turns } = conversation;
  if (submitSchema === null) return { text: typeof value === 'string' ? value : JSON.stringify(value) };
  // An answer that was not accepted is not given twice: the plainest value that fits is better than a loop.
  const refused = turns.some((turn) => turn.name === 'submit');
  const input = refused ? minimalValue(submitSchema, submitSchema) : fitted(value, submitSchema);
  return { calls: [{ name: 'submit', input }] };
}

function leafValue(prompt: string): Json {
  const { asked, text } = partsOf(prompt);
  if (/^which licences is this text/i.test(asked)) return licencesIn(text).join(', ') || 'unknown';
  if (/^in this text, each line is a question/i.test(asked)) return labelLines(asked, text);
  const list = /^list (\d{1,4}) names of (\w+)/i.exec(asked);
  if (list?.[2] !== undefined) return namesOf(list[2].toLowerCase(), Number(list[1]));
  const answers = answersIn(prompt);
  const task = taskOf(asked);
  if (task.kind === 'letters') return letters(task, prompt);
  return answers === null ? compute(task, text) : combined(task, answers);
}

/** The instruction, and the text that it is about: in a tag, or after the first empty line. */
function partsOf(prompt: string): { asked: string; text: string } {
  const open = /<(text|context)>\n?/i.exec(prompt);
  const at = open?.index ?? prompt.indexOf('\n\n');
  if (at === -1) return { asked: prompt, text: '' };
  const start = open === null ? at + 2 : at + open[0].length;
  const close = open === null ? -1 : prompt.lastIndexOf(`</${open[1] ?? ''}>`);
  return { asked: prompt.slice(0, at).trim(), text: prompt.slice(start, close === -1 ? prompt.length : close) };
}

function compute(task: Task, text: string): Json {
  const lines = text.split('\n');
  switch (task.kind) {
    case 'count':
      if (task.unit === 'times') return text.split(task.what).length - 1;
      return task.unit === 'lines'
        ? lines.filter((line) => line.includes(task.what)).length
        : Number(text.includes(task.what));
    case 'place':
      return lines.flatMap((line, index) => (line.includes(task.what) ? [index + 1] : []));
    case 'value':
      return valueAfter(text, task.key) ?? `The text says nothing of a value for ${task.key}.`;
    case 'group':
      return countLabels(task, text);
    default:
      return UNDERSTOOD;
  }
}

function labelLines(asked: string, text: string): string {
  const allowed = [...asked.matchAll(/'([^'\n]+)'/g)].map((match) => match[1] ?? '');
  return text
    .split('\n')
    .flatMap((line) => {
      const match = /^(\d+): (.*)$/.exec(line);
      return match?.[2] === undefined ? [] : [`${match[1]}: ${labelOf(match[2], allowed)}`];
    })
    .join('\n');
}

/** The counting problems without a REPL: names from the prompt where it gives some, counts by rule, or one tool call a turn. */
function letters(task: LettersTask, prompt: string): Json {
  const given = jsonIn(prompt);
  if (prompt.includes(REACT)) return nextToolCall(task, given);
  if (/\bsubagents?\b/i.test(prompt)) return Object.assign({}, ...given.filter(isJsonObject)) as JsonObject;
  const listed = given.find((value) => Array.isArray(value) && value.every((one) => typeof one === 'string'));
  const notes = Array.isArray(listed) ? listed.map(String) : null;
  return dictionaryOf(task, (category) => namesIn(notes, category, task.names)) as JsonObject;
}

/** Notes are `name: category`; without notes the program's own names serve. */
function namesIn(notes: string[] | null, category: string, count: number): string[] {
  if (notes === null) return namesOf(category, count);
  return notes
    .flatMap((note) => (note.endsWith(`: ${category}`) ? [note.slice(0, note.indexOf(':'))] : []))
    .slice(0, count);
}

/** What a prompt that offers the tool says. */
const REACT = '"tool": "count"';

/** Observations are `{"word": …, "count": …}`: the next word without one, else the answer read back from them. */
function nextToolCall(task: LettersTask, given: Json[]): Json {
  const seen = new Map<string, number>();
  for (const one of given) {
    if (isJsonObject(one) && typeof one['word'] === 'string' && typeof one['count'] === 'number')
      seen.set(one['word'], one['count']);
  }
  const words = task.categories.flatMap((category) => namesOf(category, task.names));
  const word = words.find((one) => !seen.has(one));
  if (word !== undefined) return { tool: 'count', word, letter: task.letter };
  const answer = dictionaryOf(task, (category) => namesOf(category, task.names));
  return { answer: readBack(answer, seen) };
}

/** Counts as the tool gave them. */
function readBack(dictionary: { [name: string]: unknown }, seen: ReadonlyMap<string, number>): JsonObject {
  return Object.fromEntries(
    Object.entries(dictionary).map(([name, count]) => [
      name,
      typeof count === 'number' ? (seen.get(name) ?? 0) : readBack(count as { [name: string]: unknown }, seen),
    ]),
  );
}

/** An object passes as it is; anything else goes into each property whose type it has. */
function fitted(value: Json, schema: JsonObject): Json {
  if (isJsonObject(value)) return value;
  const plain = minimalValue(schema, schema);
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  if (!isJsonObject(plain)) return plain;
  for (const [name, property] of Object.entries(properties)) {
    const type = isJsonObject(property) ? property['type'] : undefined;
    if (type === 'string') plain[name] = typeof value === 'string' ? value : JSON.stringify(value);
    else if ((type === 'integer' || type === 'number') && Number.isFinite(Number(value))) plain[name] = Number(value);
    else if (type === 'array' && Array.isArray(value)) plain[name] = value;
  }
  return plain;
}
