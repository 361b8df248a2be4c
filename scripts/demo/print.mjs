import { readFileSync } from 'node:fs';
import path from 'node:path';
import { styleText } from 'node:util';

const SHOWN = 12;

export function tell(what, text) {
  process.stdout.write(`${styleText('bold', what.padEnd(10))} ${text}\n`);
}

/** Confirmed findings with the line as it stands in the file now, refuted ones with the reason. */
export function printFindings(value, folder) {
  const { confirmed = [], refuted = [], unchecked = [] } = value ?? {};
  process.stdout.write(`\n${styleText('bold', `${confirmed.length} confirmed findings`)}\n`);
  for (const finding of confirmed.slice(0, SHOWN)) {
    process.stdout.write(
      `  ${styleText('red', finding.severity.padEnd(6))} ${finding.file}:${finding.line}  ${finding.title}\n`,
    );
    process.stdout.write(`         ${styleText('dim', lineOf(folder, finding))}\n`);
  }
  if (confirmed.length > SHOWN) process.stdout.write(`  … and ${confirmed.length - SHOWN} more\n`);
  process.stdout.write(`${styleText('bold', `${refuted.length} refuted`)}\n`);
  for (const finding of refuted.slice(0, SHOWN)) {
    process.stdout.write(
      `  ${finding.file}:${finding.line}  ${finding.title}\n         ${styleText('dim', `because ${finding.reason}`)}\n`,
    );
  }
  if (refuted.length > SHOWN) process.stdout.write(`  … and ${refuted.length - SHOWN} more\n`);
  if (unchecked.length > 0) process.stdout.write(`${unchecked.length} could not be checked\n`);
}

export function printProof(proof, killed, view) {
  process.stdout.write(`\n${styleText('bold', 'What the kill cost')}\n`);
  if (killed === null) {
    process.stdout.write('  The run ended before a worker could be killed: nothing is proven.\n');
    return;
  }
  const rows = [
    [`worker ${killed.old} was killed with SIGKILL, worker ${killed.next} went on`, ''],
    ['model responses finished before the kill: taken from history and store', proof.finished],
    ['  … of them asked again', proof.askedTwice],
    ['model responses in flight at the kill', proof.inFlight],
    ['  … of them asked again by the new worker', proof.retried],
    ['model responses of the whole run', proof.responses],
    ['requests sent for them', proof.requests],
    ['calls of the script', view.usage.calls],
  ];
  for (const [text, n] of rows) process.stdout.write(`  ${String(text).padEnd(74)}${String(n).padStart(6)}\n`);
  const verdict = proof.holds
    ? styleText('green', 'No finished call was asked twice.')
    : styleText('red', 'The proof does not hold.');
  process.stdout.write(`  ${verdict}\n\n`);
}

function lineOf(folder, { file, line }) {
  const text = readFileSync(path.join(folder, file), 'utf8').split('\n')[line - 1] ?? '';
  return text.trim().slice(0, 110);
}
