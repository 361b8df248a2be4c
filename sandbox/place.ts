/**
 * Places in the user's script. The script is evaluated behind {@link PREFIX} on its own first line, so that lines are the
 * user's and only columns of line 1 are shifted.
 */
import type { GuestError } from '../protocol/guest.ts';

const PREFIX = '(async()=>{';

/** Name of the prelude in stacks; its frames are not the user's business. */
const PRELUDE_FILE = 'braid:prelude';

/** The script as an expression that gives its async main. The line break ends a comment on its last line. */
export function wrap(source: string): string {
  const body = source.startsWith('#!') ? `//${source.slice(2)}` : source;
  return `${PREFIX}${body}\n})`;
}

/** The error with its place and a stack in the script's coordinates, without frames of Braid's own. */
export function placed(error: GuestError, fileName: string): GuestError {
  const lines = error.stack.split('\n').filter((line) => line.trim() !== '' && !line.includes(PRELUDE_FILE));
  const places: { line: number; column: number }[] = [];
  const stack = lines.map((frame) => {
    const found = placeIn(frame, fileName, PREFIX.length);
    if (found === null) return frame;
    places.push({ line: found.line, column: found.column });
    return `${frame.slice(0, found.from)}${found.line}:${found.column}${frame.slice(found.to)}`;
  });
  return { ...error, stack: stack.join('\n'), ...places[0] };
}

/**
 * The place that one line of a stack names, if it is in this file; it stands from `from` to `to`. `shift`: columns that stand
 * before the user's code on the first line.
 */
export function placeIn(
  frame: string,
  fileName: string,
  shift: number,
): { line: number; column: number; from: number; to: number } | null {
  const at = frame.lastIndexOf(`${fileName}:`);
  if (at < 0) return null;
  const from = at + fileName.length + 1;
  const match = /^(\d{1,9})(?::(\d{1,9}))?/.exec(frame.slice(from));
  if (match === null) return null;
  const line = Math.max(1, Number(match[1]));
  const column = Number(match[2] ?? 1) - (line === 1 ? shift : 0);
  return { line, column: Math.max(1, column), from, to: from + match[0].length };
}
