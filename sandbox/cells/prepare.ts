import { LIMITS } from '../../protocol/limits.ts';
import type { Program } from 'acorn';
import { placeOf } from '../../protocol/code-frame.ts';
import { syntaxHint } from '../check/syntax-hints.ts';
import { typescriptAt } from '../check/typescript.ts';
import type { Point } from './edits.ts';
import { parseCell, type SyntaxProblem } from './parse.ts';
import { cellProblem } from './problem.ts';
import { pythonProblem } from './python.ts';
import { rewriteCell, type Rewrite } from './rewrite.ts';
import { stripTypes } from './strip-types.ts';

/** A cell that may run. */
export interface PreparedCell {
  /**
   * An expression that gives an async function without arguments. A call of it runs the cell and resolves with the value of
   * the last expression statement, or of a top-level `return`; undefined when there is none.
   */
  source: string;
  /** Names that the cell declares as variables and classes: globals that must exist before it runs, in source order. */
  declared: string[];
  /** Names that it declares as functions; the source assigns them. */
  functions: string[];
  /** Notes for the model. */
  hints: string[];
  /** Columns (UTF-16 units) that stand before the cell's own first line. */
  prefix: number;
  /** For `placeBefore` (edits.ts), which gives the place in the cell of a place in the source. */
  points: readonly Point[];
}

/**
 * Rewrites a cell of an RLM for the REPL's guest.
 *
 * @throws BraidError BRAID_SCRIPT_SYNTAX (also for Python), BRAID_SCRIPT_FORBIDDEN (modules), both with
 * `at: {line, column, frame}` in the cell's own text; BRAID_SCRIPT_TOO_LARGE.
 */
export function prepareCell(code: string): PreparedCell {
  if (code.length > LIMITS.scriptBytes) {
    const what = `The cell has ${code.length} characters; a cell may have ${LIMITS.scriptBytes}.`;
    throw cellProblem(
      '',
      0,
      'BRAID_SCRIPT_TOO_LARGE',
      what,
      'Read long texts from `context` instead of writing them out.',
    );
  }
  const cell = readCell(withoutStart(code));
  const rewrite = rewriteCell(cell.code, cell.program);
  const head = `(async function(){;${rewrite.hoists.join('')}`;
  const { text, points } = rewrite.edits.apply(head);
  return {
    // The last line may end in a comment.
    source: `${text}\n})`,
    declared: [...rewrite.declared],
    functions: [...rewrite.functions],
    hints: [...cell.hints, ...unawaitedHint(rewrite)],
    prefix: head.length,
    points,
  };
}

interface ReadCell {
  code: string;
  program: Program;
  hints: string[];
}

/** Places stay: what is not part of the program is blanked. */
function withoutStart(code: string): string {
  const text = code.startsWith('\ufeff') ? ` ${code.slice(1)}` : code;
  return text.startsWith('#!') ? `//${text.slice(2)}` : text;
}

/** Looks like `new Map<string, number>(…)`, which parses as comparisons. */
const TYPE_ARGUMENT = /[\w$]<(?:string|number|boolean|any|unknown|object)\b[^()\n]{0,200}>\s*\(/;

function readCell(code: string): ReadCell {
  const parsed = parseCell(code);
  if (parsed.ok && !TYPE_ARGUMENT.test(code)) return { code, program: parsed.program, hints: [] };
  const stripped = stripTypes(code);
  const again = stripped === null ? null : parseCell(stripped);
  if (stripped !== null && again?.ok)
    return { code: stripped, program: again.program, hints: ['Types were stripped: cells are JavaScript.'] };
  if (parsed.ok) return { code, program: parsed.program, hints: [] };
  throw pythonProblem(code, parsed.problem.offset) ?? syntaxProblem(code, parsed.problem);
}

function syntaxProblem(code: string, { offset, message, deep }: SyntaxProblem): Error {
  const at = (what: string, fix: string) => cellProblem(code, offset, 'BRAID_SCRIPT_SYNTAX', what, fix);
  if (deep) return at('The cell is nested too deep.', 'Split the nested expression into statements.');
  const typed = typescriptAt(code, offset);
  if (typed !== null) return at(`${typed.what} is TypeScript; cells are plain JavaScript.`, typed.fix);
  const hint = syntaxHint(code, offset, message);
  return at(hint.message.replace('The script', 'The cell'), hint.fix);
}

function unawaitedHint({ code, unawaited }: Rewrite): string[] {
  if (unawaited === null) return [];
  const call = code.slice(unawaited.start, unawaited.end).split('(', 1)[0] ?? '';
  const { line } = placeOf(code, unawaited.start);
  return [
    `Line ${line}: ${call}() gives a promise. Write \`async\` before the function around it, and \`await\` the call.`,
  ];
}
