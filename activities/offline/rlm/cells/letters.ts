import { isJsonObject } from '../../../../protocol/json.ts';
import { letterCount, namesOf } from '../names.ts';
import { replyOf, type Cells } from './cells.ts';
import type { LettersTask } from '../task.ts';

/**
 * Names by sub-calls, counts by code, the answer by its variable. Where the question wants it typed, everything is printed
 * and typed out again, as an agent does that has no way to return a variable.
 */
export function letterCells(task: LettersTask): Cells {
  return task.typed ? typedCells(task) : variableCells(task);
}

function variableCells({ categories, names, letter }: LettersTask): Cells {
  const list = JSON.stringify(categories);
  return {
    work: () => `const categories = ${list}
const lists = await llm_query_batched(categories.map((category) =>
  'List ${names} names of ' + category + '. Answer with a JSON array of strings and nothing else.'))
const namesOf = (text) => JSON.parse(text.slice(text.indexOf('['), text.lastIndexOf(']') + 1))
const known = Object.fromEntries(categories.map((category, i) => [category, namesOf(String(lists[i]))]))
${COUNT(letter)}
print('@work ' + JSON.stringify({ names: categories.map((category) => known[category].length) }))`,
    finish: () => `${RESULT(categories.length)}
${replyOf('result')}`,
  };
}

function typedCells({ categories, names, letter }: LettersTask): Cells {
  const known = Object.fromEntries(categories.map((category) => [category, namesOf(category, names)]));
  return {
    work: () => `const categories = ${JSON.stringify(categories)}
const known = ${JSON.stringify(known)}
${COUNT(letter)}
${RESULT(categories.length)}
print('@work ' + JSON.stringify({ answer: result }))`,
    finish: (shown) => {
      const read = shown.data['answer'];
      return `FINAL(${JSON.stringify(isJsonObject(read) ? read : {})})`;
    },
  };
}

const COUNT = (letter: string): string =>
  `const counted = (names) => Object.fromEntries(names.map((name) => [name, name.toLowerCase().split('${letter}').length - 1]))`;

/** One category: its dictionary. Several: a dictionary of them. */
const RESULT = (categories: number): string =>
  categories === 1
    ? 'const result = counted(known[categories[0]])'
    : 'const result = Object.fromEntries(categories.map((category) => [category, counted(known[category])]))';

/** The same dictionary, made by the rule program itself: what a direct answer is made of. */
export function dictionaryOf(task: LettersTask, known: (category: string) => string[]): { [name: string]: unknown } {
  const counts = (category: string) =>
    Object.fromEntries(known(category).map((name) => [name, letterCount(name, task.letter)]));
  const [only] = task.categories;
  if (task.categories.length === 1 && only !== undefined) return counts(only);
  return Object.fromEntries(task.categories.map((category) => [category, counts(category)]));
}
