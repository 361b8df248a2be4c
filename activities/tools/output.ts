import { TOOL_OUTPUT } from '../../protocol/limits.ts';

/** Left free for the line that tells what was cut. */
const RESERVE = 500;

interface Page {
  lines: string[];
  /** Index of the first line that did not fit, or null when all did. */
  next: number | null;
}

/** The lines from `offset` on that fit into one answer. A single line never fills more than its own bound. */
export function pageOf(all: readonly string[], offset = 0, limit: number = TOOL_OUTPUT.lines): Page {
  const lines: string[] = [];
  let chars = 0;
  for (let i = offset; i < all.length; i++) {
    const line = cutLine(all[i] ?? '');
    chars += line.length + 1;
    if (lines.length >= Math.min(limit, TOOL_OUTPUT.lines) || chars > TOOL_OUTPUT.chars - RESERVE)
      return { lines, next: i };
    lines.push(line);
  }
  return { lines, next: null };
}

function cutLine(line: string): string {
  const over = line.length - TOOL_OUTPUT.lineChars;
  return over <= 0 ? line : `${line.slice(0, TOOL_OUTPUT.lineChars)}… [${over} more characters]`;
}

/** Lines of a text, without their ends; a last empty one is no line. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : noun === 'match' ? 'es' : 's'}`;
}
