/**
 * What a script would do, read from its syntax.
 *
 *  P1  Nothing of it is run, and what cannot be known is told as such (machine.ts, O1 to O3).
 *  P2  Every call of a hook in the source is in the outline, or stands in a branch that is known not to be taken. What the walk
 *      does not reach counts as unknown.
 */
import type { AnyNode, Program } from 'acorn';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { checkScript } from '../check/index.ts';
import { parseScript } from '../check/parse.ts';
import { ScriptText } from '../check/script-text.ts';
import { Book, type Site } from './book.ts';
import { budgetOf, native } from './globals.ts';
import { Machine, TooMuch } from './machine.ts';
import { nodesOf } from '../cells/nodes.ts';
import { Scope } from './scope.ts';
import { body, program } from './statements.ts';
import { data, fromJson, UNDEFINED } from './values.ts';

export type { Amount, Site } from './book.ts';

export interface Outline {
  name: string;
  meta: JsonObject | null;
  /** In the order in which they are first entered; null: before any. */
  phases: (string | null)[];
  /** In the order in which they are first reached. */
  sites: Site[];
  /** Of the check, and about options that do not exist. */
  warnings: string[];
}

export interface OutlineOptions {
  file: string;
  /** Undefined: the script gets none. */
  args: Json | undefined;
  /** It gets some, and nobody knows which. */
  unknownArgs?: boolean;
  /** `budget.total`. */
  maxOutputTokens: number | null;
}

/** Errors: those of checkScript. */
export function outlineOf(
  source: string,
  { file, args, unknownArgs = false, maxOutputTokens }: OutlineOptions,
): Outline {
  const checked = checkScript(source, { file });
  const parsed = parseScript(new ScriptText(checked.source, file));
  const book = new Book(checked.source);
  const machine = new Machine(book, { body, native });
  const scope = new Scope(null);
  scope.declare('args', unknownArgs ? data('args') : args === undefined ? UNDEFINED : fromJson(args));
  scope.declare('budget', budgetOf(maxOutputTokens));
  try {
    program(machine, parsed, scope);
  } catch (error) {
    if (!(error instanceof TooMuch) && !(error instanceof RangeError)) throw error;
    book.warnings.add('The script is too large to be read to its end: what comes after is not counted.');
  }
  addUnreached(book, parsed);
  const sites = [...book.sites.values()];
  const { name, meta } = checked;
  return { name, meta, phases: phasesOf(book), sites, warnings: [...checked.warnings, ...book.warnings] };
}

/** Those in which something is called. */
function phasesOf({ phases, sites }: Book): (string | null)[] {
  const used = new Set([...sites.values()].map(({ phase }) => phase));
  return phases.filter((phase) => used.has(phase));
}

const CALLS = ['agent', 'agentResult', 'rlm', 'workflow', 'call'];

/** P2. */
function addUnreached(book: Book, parsed: Program): void {
  const frame = { factor: { times: 1, of: ['calls that cannot be foreseen'], exact: false }, group: null };
  for (const node of [...nodesOf(parsed)].sort((a, b) => a.start - b.start)) {
    if (!isCall(node) || book.visited.has(node.start)) continue;
    if (book.skipped.some(({ start, end }) => node.start >= start && node.end <= end)) continue;
    const kind = node.callee.name.startsWith('agent') ? 'agent' : (node.callee.name as 'rlm');
    book.add(node, kind, null, frame, {});
  }
}

function isCall(node: AnyNode): node is AnyNode & { type: 'CallExpression'; callee: { name: string } } {
  return node.type === 'CallExpression' && node.callee.type === 'Identifier' && CALLS.includes(node.callee.name);
}
