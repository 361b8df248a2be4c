/**
 * Places in a script, as people and editors count them.
 *
 *  F1  Lines end at `\n` only, as the engine counts them; lines and columns are 1-based, columns are UTF-16 units.
 *  F2  A frame never carries a control character of the script to the terminal, and no line of it is longer than the window.
 */
const CONTEXT_LINES = 2;
const WINDOW = 110;
/** Control characters, and those that turn the direction of text. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * The lines around a place, numbered, with a caret below it. A place outside of the source is moved to the nearest one
 * inside, so that a wrong line number can never hide the error it belongs to.
 */
export function codeFrame(source: string, line: number, column: number): string {
  const lines = source.split('\n');
  const at = clamp(line, 1, lines.length);
  const text = lines[at - 1] ?? '';
  const caret = clamp(column, 1, text.length + 1);
  const from = caret > WINDOW - 20 ? caret - Math.floor(WINDOW / 2) : 1;
  const first = Math.max(1, at - CONTEXT_LINES);
  const last = Math.min(lines.length, at + CONTEXT_LINES);
  const width = String(last).length;
  const out: string[] = [];
  for (let number = first; number <= last; number++) {
    const mark = number === at ? '>' : ' ';
    const label = `${mark} ${String(number).padStart(width)} | `;
    out.push(`${label}${visible(lines[number - 1] ?? '', from)}`.trimEnd());
    if (number === at) out.push(`  ${' '.repeat(width)} | ${' '.repeat(caret - from)}^`);
  }
  return out.join('\n');
}

/** The place of an offset in UTF-16 units. */
export function placeOf(source: string, offset: number): { line: number; column: number } {
  const end = clamp(offset, 0, source.length);
  let line = 1;
  let start = 0;
  for (let next = source.indexOf('\n'); next !== -1 && next < end; next = source.indexOf('\n', start)) {
    line++;
    start = next + 1;
  }
  return { line, column: end - start + 1 };
}

function visible(line: string, from: number): string {
  // A tab takes one column here, so that the caret stands where the place is.
  const window = line.slice(from - 1, from - 1 + WINDOW).replace(/[\t\r]/g, ' ');
  return window.replace(UNSAFE, '·');
}

function clamp(value: number, low: number, high: number): number {
  const whole = Number.isFinite(value) ? Math.trunc(value) : low;
  return Math.min(Math.max(whole, low), high);
}
