import { Parser, type Options, type Program } from 'acorn';
import { SCRIPT_CHECK } from '../../protocol/limits.ts';
import type { ScriptText } from './script-text.ts';
import { syntaxHint } from './syntax-hints.ts';
import { typescriptAt } from './typescript.ts';

const OPTIONS: Options = {
  // The engine's level. It has no `using`, so ES2026 would pass here and fail there.
  ecmaVersion: 2025,
  // Sloppy mode, like the function that the sandbox evaluates: scripts written elsewhere may count on it.
  sourceType: 'script',
  allowAwaitOutsideFunction: true,
  allowReturnOutsideFunction: true,
  // Parsed anywhere, judged by the rules of forbidden.ts: that gives better messages than "unexpected token".
  allowImportExportEverywhere: true,
};

/** @throws BraidError BRAID_SCRIPT_SYNTAX, or BRAID_SCRIPT_FORBIDDEN when the source is TypeScript. */
export function parseScript(text: ScriptText): Program {
  const zero = text.source.indexOf('\0');
  if (zero !== -1) throw nulCharacter(text, zero);
  try {
    return BoundedParser.parse(text.source, OPTIONS);
  } catch (error) {
    throw describe(error, text);
  }
}

function describe(error: unknown, text: ScriptText): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const offset = offsetOf(error);
  if (error instanceof RangeError || message.startsWith('Not enough stack space')) {
    return text.error(
      'BRAID_SCRIPT_SYNTAX',
      offset,
      'The script is nested too deep.',
      'Split the nested expression into statements.',
    );
  }
  if (!(error instanceof SyntaxError)) return error;
  const typed = typescriptAt(text.source, offset);
  if (typed !== null) {
    const what = `${typed.what} is TypeScript; scripts are plain JavaScript.`;
    return text.error('BRAID_SCRIPT_FORBIDDEN', offset, what, typed.fix);
  }
  const hint = syntaxHint(text.source, offset, message.replace(/ \(\d+:\d+\)$/, ''));
  return text.error('BRAID_SCRIPT_SYNTAX', offset, hint.message, hint.fix);
}

function offsetOf(error: unknown): number {
  return error instanceof Error && 'pos' in error && typeof error.pos === 'number' ? error.pos : 0;
}

function nulCharacter(text: ScriptText, offset: number): Error {
  const what = 'The source holds a NUL character; is the file UTF-16 or binary?';
  return text.error('BRAID_SCRIPT_SYNTAX', offset, what, 'Save the file as UTF-8.');
}

/** The parser's own methods that are bounded below. They are not in its types, so tests of hostile sources guard them. */
interface ParserInternals {
  declareName(name: string, type: number, offset: number): void;
  validateRegExpPattern(state: { source: string }): void;
}

/** Redeclarations are looked up in lists: 60,000 names took 5 s. A regex of 58,000 groups of one name took 17 s (K4). */
function bounded(Base: new (...args: never[]) => ParserInternals): new (...args: never[]) => ParserInternals {
  return class extends Base {
    private names = 0;

    override declareName(name: string, type: number, offset: number): void {
      if (++this.names <= SCRIPT_CHECK.names) super.declareName(name, type, offset);
    }

    override validateRegExpPattern(state: { source: string }): void {
      if (state.source.length <= SCRIPT_CHECK.regexChars) super.validateRegExpPattern(state);
    }
  };
}

const BoundedParser = Parser.extend(bounded as unknown as (Base: typeof Parser) => typeof Parser);
