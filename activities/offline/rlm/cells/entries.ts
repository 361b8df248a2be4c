import { replyOf, type Cells } from './cells.ts';
import type { Mark } from '../shown.ts';
import type { GroupTask, PairsTask } from '../task.ts';

/** Entries that one sub-call labels: enough to be worth a call, few enough to be read with care. */
const BATCH = 50;

/** Lines `date | user: U | label: L | text`. Where the look has shown no labels, sub-calls say them. */
export function entryCells(task: GroupTask | PairsTask): Cells {
  const users = task.kind === 'group' ? task.users : [];
  return {
    work: (shown) => `${ENTRIES(users)}
${isLabelled(shown) ? '' : LABELLING(task.labels)}
${task.kind === 'group' ? COUNTS(task.labels) : PAIRS(task.about)}
print('@work ' + JSON.stringify({ entries: entries.length, unlabelled: entries.filter(({ label }) => label === null || label === 'unknown').length, ${task.kind === 'group' ? 'answer: counts' : 'users: chosen.length, pairs: result.length'} }))`,
    finish: (shown) => check(shown) ?? (task.kind === 'group' ? ANSWER[task.ask](task) : replyOf('result')),
  };
}

function isLabelled(shown: Mark | null): boolean {
  return /\blabel: /i.test(JSON.stringify(shown?.data['sample'] ?? ''));
}

/** A result with gaps is no result. */
function check(shown: Mark): string | null {
  const { entries, unlabelled } = shown.data;
  if (unlabelled === 0 && entries !== 0) return null;
  const why = `No answer: of ${JSON.stringify(entries)} entries ${JSON.stringify(unlabelled)} could not be labelled.`;
  return replyOf(JSON.stringify(why));
}

const ENTRIES = (users: string[]): string => `const wanted = new Set(${JSON.stringify(users)})
const entries = []
for (const { text } of texts) eachLine(text, (line) => {
  const fields = line.split(/ *\\|+ */)
  const field = (name) => fields.find((one) => one.toLowerCase().startsWith(name))?.slice(name.length).trim() ?? null
  const user = field('user:')
  if (user === null || wanted.size > 0 && !wanted.has(user)) return
  entries.push({ user, label: field('label:'), text: fields.at(-1).replace(/^instance: */i, '') })
})`;

const LABELLING = (labels: string[]): string => `const batches = []
for (let i = 0; i < entries.length; i += ${BATCH}) batches.push(entries.slice(i, i + ${BATCH}))
const answers = await llm_query_batched(batches.map((batch) =>
  'In this text, each line is a question. Which category does its answer belong to: ' + ${JSON.stringify(labels.map((label) => `'${label}'`).join(', '))} + '? ' +
  'Answer with one line for each: its number, a colon, the category.\\n<text>\\n' + batch.map(({ text }, i) => i + ': ' + text).join('\\n') + '\\n</text>'))
batches.forEach((batch, b) => {
  for (const line of String(answers[b]).split('\\n')) {
    const match = /^(\\d+): (.+)$/.exec(line.trim())
    if (match && batch[match[1]]) batch[match[1]].label = match[2]
  }
})`;

const COUNTS = (
  labels: string[],
): string => `const counts = Object.fromEntries(${JSON.stringify(labels)}.map((label) => [label, 0]))
for (const { label } of entries) counts[label] = (counts[label] ?? 0) + 1`;

/** Users in the order of their numbers, else of their names. */
const PAIRS = (about: string[]): string => `const labels = new Set(${JSON.stringify(about)})
const chosen = [...new Set(entries.filter(({ label }) => labels.has(label)).map(({ user }) => user))]
  .sort((a, b) => a - b || (a < b ? -1 : 1))
const result = chosen.flatMap((a, i) => chosen.slice(i + 1).map((b) => [a, b]))`;

/** Among equals the first of the alphabet. */
const EXTREME = (sign: string): string => `const [first] = Object.entries(counts).filter(([, count]) => count > 0)
  .sort(([a, n], [b, m]) => ${sign}(n - m) || (a < b ? -1 : 1))
${replyOf('first[0]')}`;

const ANSWER: { [ask in GroupTask['ask']]: (task: GroupTask) => string } = {
  counts: () => replyOf('counts'),
  most: () => EXTREME('-'),
  least: () => EXTREME(''),
  one: ({ about }) => replyOf(`counts[${JSON.stringify(about[0])}] ?? 0`),
  compare: ({
    about: [a, b],
  }) => `const difference = (counts[${JSON.stringify(a)}] ?? 0) - (counts[${JSON.stringify(b)}] ?? 0)
${replyOf("difference > 0 ? 'more common than' : difference < 0 ? 'less common than' : 'same frequency as'")}`,
};
