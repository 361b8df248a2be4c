import { Parser, type Options, type Program } from 'acorn';
import { SCRIPT_CHECK } from '../../protocol/limits.ts';

const OPTIONS: Options = {
  // The engine's level.
  ecmaVersion: 2025,
  sourceType: 'script',
  allowAwaitOutsideFunction: true,
  allowReturnOutsideFunction: true,
  // Judged by modules.ts, which says more than "unexpected token".
  allowImportExportEverywhere: true,
};

/** Why a text does not parse, in the parser's words. `offset` is in UTF-16 units. */
export interface SyntaxProblem {
  offset: number;
  message: string;
  /** The parser ran out of stack. */
  deep: boolean;
}

export type Parsed = { ok: true; program: Program } | { ok: false; problem: SyntaxProblem };

/** Parses a cell. Names of its top level may be declared any number of times (RL-03). */
export function parseCell(code: string): Parsed {
  try {
    return { ok: true, program: CellParser.parse(code, OPTIONS) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const deep = error instanceof RangeError || error.message.startsWith('Not enough stack space');
    if (!deep && !(error instanceof SyntaxError)) throw error;
    const offset = 'pos' in error && typeof error.pos === 'number' ? error.pos : 0;
    return { ok: false, problem: { offset, message: error.message.replace(/ \(\d+:\d+\)$/, ''), deep } };
  }
}

/** The parser's own methods that are changed below; they are not in its types, so tests guard them. */
interface ParserInternals {
  scopeStack: unknown[];
  declareName(name: string, type: number, offset: number): void;
  validateRegExpPattern(state: { source: string }): void;
}

/** The parser's work grows with the square of a scope's names and of a regex's groups: both are bounded. */
function tolerant(Base: new (...args: never[]) => ParserInternals): new (...args: never[]) => ParserInternals {
  return class extends Base {
    private names = 0;

    override declareName(name: string, type: number, offset: number): void {
      if (this.scopeStack.length === 1) return;
      if (++this.names <= SCRIPT_CHECK.names) super.declareName(name, type, offset);
    }

    override validateRegExpPattern(state: { source: string }): void {
      if (state.source.length <= SCRIPT_CHECK.regexChars) super.validateRegExpPattern(state);
    }
  };
}

const CellParser = Parser.extend(tolerant as unknown as (Base: typeof Parser) => typeof Parser);
