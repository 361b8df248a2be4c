/**
 * Which files to read, and what was read: decided from the conversation alone, so each turn sees how far the last one came.
 * A source file is found by `glob`, or by `list` where that is not offered, and read to its end by `read`.
 */
import { isJsonObject } from '../../../protocol/json.ts';
import type { Conversation, RuleAnswer, ToolTurn } from '../rule-model.ts';
import { codeBlocksIn, wordsOf } from './prompt-text.ts';
import { SOURCE_NAME } from './source.ts';
import type { Task } from './task.ts';

const GATHER = {
  /** Reads asked for in one turn. */
  batch: 24,
  /** Files of one review. */
  files: 400,
  /** Characters that a review holds: every turn sends them again. */
  chars: 3_000_000,
} as const;

const GLOB = '**/*.{js,mjs,cjs,ts,mts,cts}';
const NO_SOURCE = /\.d\.[cm]?ts$|\.min\.js$|(?:^|\/)node_modules\//;
const TEST = /(?:^|\/)(?:tests?|__tests__|__mocks__|fixtures?)\/|\.(?:test|spec)\.[cm]?[jt]s$/;

export interface Gathered {
  /** Whole files: their lines by path, in order of path. */
  files: Map<string, string[]>;
  /** Files that were to be read and are not. */
  missing: { path: string; why: string }[];
  /** Source files that are there but were left out: too many. */
  leftOut: number;
  /** All source files of the workspace that the task is about. */
  listed: string[];
  /** What the diff of the task says; null when it is about no diff. */
  patch: string | null;
}

/** The next tool calls, or what was gathered when there is nothing more to ask. */
export function gather(conversation: Conversation, task: Task): { ask: RuleAnswer } | { done: Gathered } {
  const { tools, turns } = conversation;
  const empty: Gathered = { files: new Map(), missing: [], leftOut: 0, listed: [], patch: null };
  if (!tools.has('read')) return { done: { ...empty, files: pastedFiles(conversation) } };
  if (task.kind === 'verify') return readAll(turns, claimedFiles(task), 0);
  const patch = task.wantsDiff && tools.has('diff') ? patchOf(turns, task) : null;
  if (patch !== null && 'ask' in patch) return patch;
  const isDiff = patch !== null && !patch.isError;
  const listing = isDiff ? changedFiles(patch.text) : tools.has('glob') ? globbed(turns) : listed(turns, tools);
  if ('ask' in listing) return listing;
  const wanted = narrowed(listing.paths, task);
  if (task.kind === 'list') return { done: { ...empty, listed: wanted } };
  const read = readAll(turns, wanted.slice(0, GATHER.files), Math.max(0, wanted.length - GATHER.files));
  return 'done' in read && isDiff ? { done: { ...read.done, patch: patch.text } } : read;
}

/** The diff; its whole text only where the task is about its lines, and of one file where it names one. */
function patchOf(turns: readonly ToolTurn[], task: Task): { text: string; isError: boolean } | { ask: RuleAnswer } {
  const pages = turns.filter((turn) => turn.name === 'diff');
  const last = pages.at(-1);
  const named = task.paths.filter((path) => SOURCE_NAME.test(path));
  const path = task.onlyAdded && named.length === 1 ? { path: named[0] ?? '' } : {};
  const next = last === undefined ? 1 : task.onlyAdded && pages.length < 20 ? nextOffset(last.output) : null;
  if (next !== null)
    return { ask: { calls: [{ name: 'diff', input: next === 1 ? path : { ...path, offset: next } }] } };
  const lines = pages.flatMap((page) => page.output.split('\n')).filter((line) => !line.startsWith('['));
  return { text: lines.join('\n'), isError: last?.isError === true };
}

type Listing = { paths: string[] } | { ask: RuleAnswer };

function globbed(turns: readonly ToolTurn[]): Listing {
  const pages = turns.filter((turn) => turn.name === 'glob');
  const last = pages.at(-1);
  if (last === undefined) return { ask: { calls: [{ name: 'glob', input: { pattern: GLOB } }] } };
  const next = nextOffset(last.output);
  if (next !== null && pages.length < 20)
    return { ask: { calls: [{ name: 'glob', input: { pattern: GLOB, offset: next } }] } };
  return {
    paths: pages
      .flatMap((page) => (page.isError ? [] : page.output.split('\n')))
      .filter((line) => !line.startsWith('[')),
  };
}

/** Walks the folders, one level a turn. */
function listed(turns: readonly ToolTurn[], tools: ReadonlySet<string>): Listing {
  if (!tools.has('list')) return { paths: [] };
  const paths: string[] = [];
  const folders = [''];
  const open: string[] = [];
  for (const folder of folders) {
    const turn = turns.find((candidate) => candidate.name === 'list' && pathOf(candidate) === folder);
    if (turn === undefined) {
      open.push(folder);
      continue;
    }
    for (const line of turn.isError ? [] : turn.output.split('\n').slice(1)) {
      const name = line.replace(/ {2}\S.*$/, '').trim();
      const path = folder === '' ? name : `${folder}/${name}`;
      if (name.endsWith('/') && name !== 'node_modules/') folders.push(path.slice(0, -1));
      else if (name !== '' && !line.startsWith('[')) paths.push(path);
    }
  }
  if (open.length === 0) return { paths };
  return {
    ask: { calls: open.slice(0, GATHER.batch).map((path) => ({ name: 'list', input: path === '' ? {} : { path } })) },
  };
}

function changedFiles(diff: string): Listing {
  const paths = diff.split('\n').flatMap((line) => /^ {2}\+\d+ -\d+ {2}(.+)$/.exec(line)?.[1] ?? []);
  return { paths };
}

/** Source files, only those that the prompt names when it names any; tests only when there is nothing else. */
function narrowed(paths: string[], task: Task): string[] {
  const sources = [...new Set(paths)].filter((path) => SOURCE_NAME.test(path) && !NO_SOURCE.test(path)).sort();
  const words = [...task.paths, ...task.folders].map((word) => word.replace(/^\.\//, '').replace(/\/+$/, ''));
  const named = sources.filter((path) => words.some((word) => path === word || path.startsWith(`${word}/`)));
  if (named.length > 0) return named;
  const product = sources.filter((path) => !TEST.test(path));
  return product.length > 0 ? product : sources;
}

function claimedFiles(task: Task): string[] {
  const files = task.claims.flatMap((claim) => claim.file ?? []);
  const named = files.length > 0 ? files : task.paths.filter((path) => SOURCE_NAME.test(path));
  return [...new Set(named.map((path) => path.replace(/^\.\//, '')))].slice(0, GATHER.batch);
}

function readAll(
  turns: readonly ToolTurn[],
  paths: string[],
  leftOut: number,
): { ask: RuleAnswer } | { done: Gathered } {
  const gathered: Gathered = { files: new Map(), missing: [], leftOut, listed: paths, patch: null };
  const calls: { name: string; input: { path: string; offset?: number } }[] = [];
  let chars = 0;
  for (const path of paths) {
    const read = assembled(turns, path);
    if (chars > GATHER.chars) gathered.leftOut += 1;
    else if (read.problem !== null) gathered.missing.push({ path, why: read.problem });
    else if (read.next === null) gathered.files.set(path, read.lines);
    else if (calls.length < GATHER.batch)
      calls.push({ name: 'read', input: read.next === 1 ? { path } : { path, offset: read.next } });
    chars += read.lines.reduce((sum, line) => sum + line.length, 0);
  }
  return calls.length > 0 ? { ask: { calls } } : { done: gathered };
}

/** A file's lines from the parts that were read; `next` is the first line that is still missing. */
function assembled(
  turns: readonly ToolTurn[],
  path: string,
): { lines: string[]; next: number | null; problem: string | null } {
  const lines: string[] = [];
  let next: number | null = 1;
  for (const turn of turns) {
    if (turn.name !== 'read' || pathOf(turn) !== path) continue;
    if (turn.isError) return { lines, next: null, problem: turn.output.split('\n')[0] ?? 'it cannot be read' };
    for (const line of turn.output.split('\n')) {
      const match = /^\s*(\d+)\t(.*)$/.exec(line);
      if (match !== null) lines[Number(match[1]) - 1] = match[2] ?? '';
    }
    next = nextOffset(turn.output);
  }
  return { lines: Array.from(lines, (line) => line ?? ''), next, problem: null };
}

/** Where a part of an answer says that it goes on. */
function nextOffset(output: string): number | null {
  const match = /go on with offset (\d+)/.exec(output.slice(output.lastIndexOf('\n') + 1));
  return match === null ? null : Number(match[1]);
}

function pathOf(turn: ToolTurn): string {
  const path = isJsonObject(turn.input) ? turn.input['path'] : undefined;
  return typeof path === 'string' ? path : '';
}

/** Without tools the code can only be in the prompt, as fenced blocks; a block is named by the line above it. */
function pastedFiles({ user }: Conversation): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const [index, { above, language, lines }] of codeBlocksIn(user.join('\n')).slice(0, GATHER.files).entries()) {
    const named = wordsOf(above).find((word) => SOURCE_NAME.test(word));
    const extension = /^(?:ts|typescript|mts|cts)\b/.test(language) ? 'ts' : 'js';
    files.set(named ?? `snippet-${index + 1}.${extension}`, lines);
  }
  return files;
}
