/**
 * `offline/migrator`: a rule program that turns packages from CommonJS into ES modules. It is an agent like others: it sees the prompt
 * and what its tools answered, and each turn decides anew what comes next.
 *
 *  M1  It changes what the prompt asks for and nothing else, by `edit` and `write`, and runs only a command that the prompt has.
 *  M2  What a module exports follows from its text alone (convert/exports-plan.ts). So agents that each see one file agree with each other.
 *  M3  It repairs once: what then still fails is told, not tried again.
 *  M4  A file that it does not understand is left as it is, and the answer says why.
 */
import type { Json } from '../../../protocol/json.ts';
import { minimalValue } from '../fill.ts';
import type { Conversation, RuleAnswer } from '../rule-model.ts';
import { fillDone, type Done } from './answer.ts';
import { convert } from './convert/convert.ts';
import { parseModule } from './convert/source.ts';
import { GLOB, Log } from './log.ts';
import { moduleType } from './package-json.ts';
import { repairs, type Change, type Files } from './repair.ts';
import { taskOf, type Task } from './task.ts';
import { Workspace } from './workspace.ts';

/** Calls of one turn. */
const BATCH = 16;
const PACKAGE = 'package.json';

interface Call {
  name: string;
  input: Json;
}
/** What one step of the work wants done first, and what it cannot do. */
interface Step {
  calls: Call[];
  left: string[];
}

export function migrator(conversation: Conversation): RuleAnswer {
  const { submitSchema, turns, tools } = conversation;
  const task = taskOf(conversation);
  const log = new Log(turns);
  if (!tools.has('read') && !tools.has('bash'))
    return finish(conversation, nothing('There are no tools to work with.'));
  const left: string[] = [];
  for (const step of [listFiles, migrateFiles, setType, repair, runCommand]) {
    const { calls, left: more } = step(conversation, task, log);
    left.push(...more);
    if (calls.length > 0) return { calls: calls.slice(0, BATCH) };
  }
  const refused = turns.some((turn) => turn.name === 'submit');
  // An answer that was not accepted is not given twice.
  if (refused && submitSchema !== null)
    return { calls: [{ name: 'submit', input: minimalValue(submitSchema, submitSchema) }] };
  return finish(conversation, doneOf(task, log, [...left, ...log.refused.values()]));
}

function listFiles({ tools }: Conversation, task: Task, log: Log): Step {
  const needs = task.isList || task.isWhole || task.paths.length > 0 || failureOf(task, log) !== null;
  if (!needs || log.files !== null || !tools.has('glob')) return { calls: [], left: [] };
  const input: Json = log.nextFile === null ? { pattern: GLOB } : { pattern: GLOB, offset: log.nextFile };
  return { calls: [{ name: 'glob', input }], left: [] };
}

function migrateFiles(_: Conversation, task: Task, log: Log): Step {
  const files = filesOf(log);
  const paths = task.isList || task.isWhole ? [...files.paths].filter((path) => path.endsWith('.js')) : task.paths;
  const unread = readCalls(log, paths);
  if (unread.length > 0 || task.isList) return { calls: unread, left: [] };
  // A second look after a repair finds modules, and leaves them alone.
  const writes: Call[] = [];
  const left: string[] = [];
  for (const path of paths) {
    const text = log.text(path);
    if (typeof text !== 'string') left.push(`${path} cannot be read as a whole`);
    if (typeof text !== 'string' || log.refused.has(path)) continue;
    const converted = convert(path, text, files.workspace);
    if (converted.kind === 'left') left.push(converted.why);
    if (converted.kind === 'converted') writes.push({ name: 'write', input: { path, content: converted.text } });
  }
  const wanted = readCalls(log, files.workspace.wanted);
  return { calls: wanted.length > 0 ? wanted : writes, left };
}

function setType(_: Conversation, task: Task, log: Log): Step {
  if (!task.isPackage || log.refused.has(PACKAGE)) return { calls: [], left: [] };
  const unread = readCalls(log, [PACKAGE]);
  const text = log.text(PACKAGE);
  if (unread.length > 0) return { calls: unread, left: [] };
  const change = typeof text === 'string' ? moduleType(PACKAGE, text) : `${PACKAGE} is not there`;
  if (typeof change === 'string') return { calls: [], left: [change] };
  return { calls: change === null ? [] : [change], left: [] };
}

/** M3: the changes that follow from what failed. */
function repair(_: Conversation, task: Task, log: Log): Step {
  const failure = failureOf(task, log);
  if (failure === null) return { calls: [], left: [] };
  const files = filesOf(log);
  const changes: Change[] = repairs(failure, files);
  const wanted = readCalls(log, files.workspace.wanted);
  if (wanted.length > 0) return { calls: wanted, left: [] };
  return { calls: changes, left: changes.length === 0 ? ['nothing in the failure says what to change'] : [] };
}

/** What is to be repaired now: the failure of the prompt, else of the first run, as long as nothing was changed for it. */
function failureOf(task: Task, log: Log): string | null {
  if (!task.mayRepair || log.refused.size > 0) return null;
  if (task.failure !== null) return log.changes.length === 0 && log.runs.length === 0 ? task.failure : null;
  const [first, second] = log.runs;
  if (first === undefined || first.passed || second !== undefined) return null;
  return log.changes.length === first.changes ? first.output : null;
}

function runCommand(_: Conversation, { command }: Task, log: Log): Step {
  const last = log.runs.at(-1);
  const isDue = last === undefined || last.changes < log.changes.length;
  return { calls: command !== null && isDue ? [{ name: 'bash', input: { command } }] : [], left: [] };
}

function filesOf(log: Log): Files {
  const paths = log.files ?? new Set<string>();
  const text = (path: string): string | null | undefined => log.text(path);
  return { paths, text, workspace: new Workspace(paths, text) };
}

function readCalls(log: Log, paths: Iterable<string>): Call[] {
  const calls: Call[] = [];
  for (const path of paths) {
    const offset = log.unfinished.get(path);
    if (offset !== undefined) calls.push({ name: 'read', input: { path, offset } });
    else if (log.text(path) === undefined) calls.push({ name: 'read', input: { path } });
  }
  return calls;
}

function doneOf(task: Task, log: Log, left: string[]): Done {
  const last = log.runs.at(-1);
  const count = (word: string): number =>
    Number(new RegExp(`^\\s*(?:#|ℹ) ${word} (\\d+)`, 'm').exec(last?.output ?? '')?.[1] ?? 0);
  const run =
    last === undefined ? null : { passed: last.passed, output: last.output, pass: count('pass'), fail: count('fail') };
  const files = task.isList ? oldFiles(log) : [...new Set(log.changes)];
  const words = [
    task.isList
      ? `${files.length} files are written in CommonJS.`
      : files.length === 0
        ? 'Nothing was changed.'
        : `Changed ${files.join(', ')}.`,
    run === null ? '' : run.passed ? `The tests pass (${run.pass}).` : `The tests fail (${run.fail}).`,
    left.length === 0 ? '' : `Left: ${left.join('; ')}.`,
  ];
  return { files, left, run, summary: words.filter((word) => word !== '').join(' ') };
}

/** Files that say something in the way of CommonJS. */
function oldFiles(log: Log): string[] {
  const files = filesOf(log);
  return [...files.paths]
    .filter((path) => {
      const text = log.text(path);
      if (!path.endsWith('.js') || typeof text !== 'string' || parseModule(path, text)?.kind !== 'cjs') return false;
      return convert(path, text, files.workspace).kind !== 'same';
    })
    .sort();
}

function nothing(summary: string): Done {
  return { files: [], left: [summary], run: null, summary };
}

function finish({ submitSchema }: Conversation, done: Done): RuleAnswer {
  if (submitSchema === null) return { text: done.summary };
  return { calls: [{ name: 'submit', input: fillDone(submitSchema, done) }] };
}
