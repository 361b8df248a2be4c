/**
 * The test of a saved workflow: its script as it is now, played against the calls that were recorded of a run.
 *
 *  T1  Nothing is sent and nothing is started: neither a key nor a server nor a network is needed, also when nothing matches.
 *  T2  It passes when the script makes the recorded calls, under their labels and phases, and comes to the recorded end; the order of
 *      calls does not matter. Each difference is one line.
 */
import { join } from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import { canonicalJson } from '../../protocol/json.ts';
import { checkScript } from '../../sandbox/check/index.ts';
import { findSavedScript, listSavedScripts, readScript } from '../../store/saved-scripts.ts';
import type { Miss, RecordedCall } from '../play/recording.ts';
import { recordCalls, type RecordedReport } from '../play/recording.ts';
import { playInThread } from '../play/thread.ts';
import { endOf, shown } from './record.ts';
import { readRecording, type Recording } from './recorded-file.ts';

export interface TestReport {
  workflow: string;
  passed: boolean;
  /** Calls that were answered from the recording. */
  calls: number;
  /** Requests to providers: none, ever (T1). */
  requests: 0;
  differences: string[];
}

/** Saved workflows of a project that have recorded calls. */
export async function listTested(project: string): Promise<string[]> {
  const names = await listSavedScripts({ projects: [project], home: NOWHERE });
  const tested: string[] = [];
  for (const name of names) if ((await readRecording(callsFile(project, name))) !== null) tested.push(name);
  return tested;
}

/** Errors: BRAID_WORKFLOW_UNKNOWN, BRAID_USAGE for one without recorded calls, those of the check of scripts. */
export async function testSaved(workflow: string, project: string): Promise<TestReport> {
  const { path } = await findSavedScript(workflow, { projects: [project], home: NOWHERE });
  const recording = await readRecording(callsFile(project, workflow));
  if (recording === null) {
    throw new BraidError('BRAID_USAGE', `Of ${workflow} no calls are recorded (${callsFile(project, workflow)}).`, {
      fix: `Save it from a run: braid save RUN --as ${workflow} --force`,
    });
  }
  const { source } = checkScript(await readScript(path, path), { file: `${workflow}.js` });
  const { start, args, hasArgs, calls } = recording;
  const program = { source, file: `${workflow}.js`, start, args, hasArgs };
  const reply = await playInThread({ program, book: { recorded: calls } });
  if ('problem' in reply || reply.report === null) throw new BraidError('BRAID_INTERNAL', 'A test gave no report.');
  const { played, report } = reply;
  const made = recordCalls(played.calls);
  const differences = [
    ...callDifferences(report),
    ...placeDifferences(recording.calls, made, report),
    ...phaseDifferences(recording.phases, played.phases),
    ...endDifferences(recording.end, endOf(played), report.misses),
  ];
  const answered = made.length - report.misses.length;
  return { workflow, passed: differences.length === 0, calls: answered, requests: 0, differences };
}

/** No saved workflow of the user's own: a project's tests are the same on all machines. */
const NOWHERE = join('/', 'nowhere');

function callsFile(project: string, name: string): string {
  return join(project, '.braid', 'workflows', `${name}.calls.jsonl`);
}

function callDifferences({ misses, unused }: RecordedReport): string[] {
  return [
    ...misses.map(missText),
    ...unused.map((call) => `gone: ${named(call)} was asked ${JSON.stringify(call.head)}, and is not any more`),
  ];
}

function missText({ call, was }: Miss): string {
  const asks = `${named(call)} asks ${JSON.stringify(call.head)}`;
  if (was === null) return `new: ${asks}, and nothing like it is recorded`;
  if (was.head === call.head) return `changed: ${asks} as recorded, and differs behind that or in its options`;
  return `changed: ${named(call)} asks ${excerpt(call.head, was.head)}; recorded was ${excerpt(was.head, call.head)}`;
}

/** Labels and phases of calls that ask the same. */
function placeDifferences(
  before: readonly RecordedCall[],
  now: readonly RecordedCall[],
  report: RecordedReport,
): string[] {
  const told = new Set(report.unused.map(({ asked }) => asked));
  const replaced = new Set(report.misses.flatMap(({ was }) => (was === null ? [] : [was.asked])));
  const left = before.filter(({ asked }) => !told.has(asked) && !replaced.has(asked));
  const missed = new Set(report.misses.map(({ call }) => call.asked));
  const count = (calls: readonly RecordedCall[]) => {
    const counts = new Map<string, number>();
    for (const call of calls) counts.set(named(call), (counts.get(named(call)) ?? 0) + 1);
    return counts;
  };
  const was = count(left);
  const is = count(now.filter(({ asked }) => !missed.has(asked)));
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const [a, b] = [was.get(name) ?? 0, is.get(name) ?? 0];
    return a === b ? [] : [`${name}: ${b} instead of ${a}`];
  });
}

function phaseDifferences(before: readonly string[], now: readonly string[]): string[] {
  if (before.join('\n') === now.join('\n')) return [];
  const list = (phases: readonly string[]) => (phases.length === 0 ? 'none' : phases.join(', '));
  return [`phases: ${list(now)} instead of ${list(before)}`];
}

/** What follows from another call says nothing of its own. */
function endDifferences(before: Recording['end'], now: Recording['end'], misses: readonly Miss[]): string[] {
  if (misses.some(({ was }) => was === null)) return [];
  if (canonicalJson(sameEnd(before)) === canonicalJson(sameEnd(now))) return [];
  return [`result: ${endText(now)} instead of ${endText(before)}`];
}

/** Of a failure only the code counts: messages name places. */
function sameEnd(end: Recording['end']) {
  return end.ok ? end : end.code;
}

function endText(end: Recording['end']): string {
  return end.ok ? shown(end.value) : `${end.code} (${end.message})`;
}

function named({ call, label, phase }: RecordedCall): string {
  return `${phase === null ? '' : `${phase} › `}${label} (${call})`;
}

/** Where two long texts part. */
function excerpt(text: string, other: string): string {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at += 1;
  const from = at > 60 ? at - 30 : 0;
  return JSON.stringify(`${from > 0 ? '…' : ''}${text.slice(from, from + 100)}`);
}
