/** A source file as the rules see it: a syntax tree whose offsets are those of the text that was read. */
import { parse, type AnyNode, type Comment, type Program } from 'acorn';
import * as nodeModule from 'node:module';

export interface SourceFile {
  path: string;
  text: string;
  lines: string[];
  tree: Program;
  comments: Comment[];
  /** Offset of the start of each line. */
  starts: number[];
}

export type Node = AnyNode;

/** Longer lines were cut when they were read, or are minified code that nobody reviews. */
const MAX_LINE = 1_000;

export const SOURCE_NAME = /\.(?:js|mjs|cjs|ts|mts|cts)$/;

/** Null for a file that cannot be parsed: it is not reviewed, and counted as such. */
export function parseSource(path: string, lines: string[]): SourceFile | null {
  if (lines.some((line) => line.length > MAX_LINE)) return null;
  const text = lines.join('\n');
  const code = /\.[mc]?ts$/.test(path) ? withoutTypes(text) : text;
  if (code === null) return null;
  for (const sourceType of ['module', 'script'] as const) {
    const comments: Comment[] = [];
    try {
      const tree = parse(code, {
        ecmaVersion: 'latest',
        sourceType,
        allowReturnOutsideFunction: true,
        allowHashBang: true,
        onComment: comments,
      });
      return { path, text, lines, tree, comments, starts: startsOf(lines) };
    } catch {
      continue;
    }
  }
  return null;
}

/** Types blanked out by Node's own stripper; offsets stay. */
function withoutTypes(text: string): string | null {
  const strip: ((code: string) => string) | undefined = nodeModule.stripTypeScriptTypes;
  if (strip === undefined) return null; // Node before 22.13
  try {
    return quietly(() => strip(blankUnstrippable(text)));
  } catch {
    return null;
  }
}

/** Syntax that is more than types and that the stripper or the parser refuses; no rule looks into it. */
function blankUnstrippable(text: string): string {
  const blank = (part: string): string => part.replaceAll(/[^\n]/g, ' ');
  return UNSTRIPPABLE.reduce((code, pattern) => code.replaceAll(pattern, blank), text);
}

const UNSTRIPPABLE = [
  // Modifiers of parameter properties, after the parenthesis or comma and comments.
  /(?<=[(,](?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/|\/\/[^\n]*\n)*)(?:(?:public|private|protected|readonly|override)\s+)+(?=[\w$]+\s*[?:=,)])/g,
  // Enums.
  /^[ \t]*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w+\s*\{[^}]*\}/gm,
  // `export = x`, and lists of exports: they may name types.
  /^[ \t]*export\s*=.*$/gm,
  /^export\s*\{[^}]*\}(?!\s*from)/gm,
  // Decorators at the start of a line.
  /^[ \t]*@[\w.]+(?:\((?:[^()]|\([^()]*\))*\))?/gm,
  // `<Type>value`; generic parameters of arrow functions match too, and are types as well.
  /(?<=(?:[=(,:?&|>]|\breturn)\s*)<(?:[A-Z]|any\b|unknown\b|string\b|number\b|const\b)[\w.<>[\]|&, ]*>(?=\s*[\w({["'`])/g,
];

/** Node warns on stderr that the stripper is experimental, once a process; a worker's user cannot act on that. */
function quietly<T>(work: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function startsOf(lines: string[]): number[] {
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += line.length + 1;
  }
  return starts;
}

/** 1-based line of an offset. */
export function lineAt(source: SourceFile, offset: number): number {
  let low = 0;
  let high = source.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/** Comments that touch any of these lines, as one text. */
export function commentsOn(source: SourceFile, from: number, to: number): string {
  return source.comments
    .filter((comment) => lineAt(source, comment.end) >= from && lineAt(source, comment.start) <= to)
    .map((comment) => comment.value.trim())
    .join(' ');
}
