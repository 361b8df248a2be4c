import { styleText } from 'node:util';

/** The two answers side by side, by package; what only one of them has is marked. */
export function printAnswers(answer, truth) {
  const keyOf = ({ package: name, version, declares, ships }) => [name, version, declares, ships].join('\t');
  const inAnswer = new Set(answer.map(keyOf));
  const inTruth = new Set(truth.map(keyOf));
  const keys = [...inAnswer.union(inTruth)].toSorted((a, b) => (a < b ? -1 : 1));
  const head = ['package', 'version', 'declares', 'ships'];
  const widths = head.map((title, i) => Math.max(title.length, ...keys.map((key) => key.split('\t')[i].length)));
  const row = (cells, told, known) =>
    `  ${cells.map((cell, i) => cell.padEnd(widths[i])).join('  ')}  ${told.padEnd(6)}  ${known}\n`;
  process.stdout.write(`\n${styleText('bold', row(head, 'answer', 'truth').trimEnd())}\n`);
  for (const key of keys) {
    process.stdout.write(row(key.split('\t'), inAnswer.has(key) ? 'yes' : 'NO', inTruth.has(key) ? 'yes' : 'NO'));
  }
  process.stdout.write('\n');
}

/** What the kill cost, from the store's own records. */
export function printProof(proof, killed) {
  if (killed === null) {
    process.stdout.write('  The run ended before the worker could be killed: nothing is proven.\n\n');
    return;
  }
  const rows = [
    ['model answers finished before the kill', proof.finished],
    ['  … of them asked again', proof.askedTwice],
    ['model answers in flight at the kill', proof.inFlight],
    ['  … of them asked again by the new worker', proof.retried],
    ['model answers of the whole run', proof.responses],
    ['requests sent for them', proof.requests],
  ];
  process.stdout.write(`${styleText('bold', `  Worker ${killed.old} was killed, worker ${killed.next} went on`)}\n`);
  for (const [text, n] of rows) process.stdout.write(`  ${text.padEnd(50)}${String(n).padStart(6)}\n`);
  process.stdout.write('\n');
}
