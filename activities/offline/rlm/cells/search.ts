import { replyOf, type Cells } from './cells.ts';
import type { PlaceTask, ValueTask } from '../task.ts';

/** Places of a text, as `name:line` or file names. */
export function placeCells(task: PlaceTask): Cells {
  const what = JSON.stringify(task.what);
  return {
    work: () => `const result = []
for (const { name, text } of texts) {
  if (!text.includes(${what})) continue
  ${task.unit === 'files' ? 'result.push(name)' : `eachLine(text, (line, number) => { if (line.includes(${what})) result.push(texts.length > 1 ? name + ':' + number : number) })`}
}
print('@work ' + JSON.stringify({ found: result.length, answer: result.slice(0, 20) }))`,
    finish: () => replyOf('result'),
  };
}

/** Finds the lines about the key and prints them; the value is then taken from what was printed. */
export function valueCells(task: ValueTask): Cells {
  const key = JSON.stringify(task.key);
  return {
    work: () => `const hits = []
for (const { name, text } of texts) {
  for (let at = text.indexOf(${key}); at !== -1 && hits.length < 5; at = text.indexOf(${key}, at + 1)) {
    hits.push(String(text.slice(at, at + 200)))
  }
}
print('@work ' + JSON.stringify({ hits }))`,
    finish: (shown) => {
      const hits = Array.isArray(shown.data['hits']) ? shown.data['hits'].map(String) : [];
      const value = hits.map((hit) => valueAfter(hit, task.key)).find((found) => found !== null) ?? null;
      if (value === null) return replyOf(JSON.stringify(`The context says nothing of a value for ${task.key}.`));
      return `const value = ${JSON.stringify(value)}
const places = texts.reduce((sum, { text }) => sum + (text.includes(value) ? 1 : 0), 0)
${replyOf("places > 0 ? value : 'No answer: ' + value + ' was printed but is not in the context'")}`;
    },
  };
}

/** `… KEY is: 12345.` → `12345`. */
export function valueAfter(text: string, key: string): string | null {
  const at = text.indexOf(key);
  if (at === -1) return null;
  return /^["'`]?\s*(?:is|=|:)?:?\s*["'`]?([\w-]+)/.exec(text.slice(at + key.length))?.[1] ?? null;
}
