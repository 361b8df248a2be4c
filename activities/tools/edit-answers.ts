/** What a model is told when its edit does not fit: enough to get it right the next time. */
import { distance } from 'fastest-levenshtein';
import { OVERLAY } from '../../protocol/limits.ts';
import type { Place } from './edit-places.ts';
import { linesOf, pageOf } from './output.ts';

/** Lines and characters of a line that are compared: a near miss is worth some milliseconds, not seconds. */
const COMPARED_LINES = 20_000;
const COMPARED_CHARS = 200;

export function ambiguous(path: string, text: string, places: readonly Place[]): string {
  const lines: number[] = [];
  let [line, from] = [1, 0];
  for (const { start } of places.slice(0, OVERLAY.placesShown)) {
    for (let at = text.indexOf('\n', from); at >= 0 && at < start; at = text.indexOf('\n', from))
      [line, from] = [line + 1, at + 1];
    lines.push(line);
  }
  const more = places.length > lines.length ? ' and more' : '';
  const count = places.length.toLocaleString('en');
  return `old stands in ${path} ${count} times, at lines ${lines.join(', ')}${more}. Give more of the lines around the one you mean, or all: true.`;
}

export function notFound(path: string, text: string, old: string): string {
  const lines = linesOf(text);
  const wanted = linesOf(old);
  if (wanted.length > 0 && wanted.every((line) => /^\s*\d+\t/.test(line))) {
    return `old is not in ${path}: its lines begin with the numbers that read shows; leave them and the tab out.`;
  }
  const blank = otherBlanks(lines, wanted);
  if (blank !== null) {
    return `old is not in ${path} letter by letter; at line ${blank + 1} stands the same with other white space:\n${excerpt(lines, blank, wanted.length)}`;
  }
  const near = nearest(lines, wanted.find((line) => line.trim() !== '') ?? '');
  return near === null
    ? `old is not in ${path}, nor anything like it. Read the file first.`
    : `old is not in ${path}. Nearest to its first line is line ${near + 1}:\n${excerpt(lines, near, wanted.length)}`;
}

/** First line of a place that differs from `wanted` only by white space at the ends of its lines. */
function otherBlanks(lines: string[], wanted: string[]): number | null {
  const trimmed = wanted.map((line) => line.trim());
  if (trimmed.every((line) => line === '')) return null;
  for (let at = 0; at + trimmed.length <= Math.min(lines.length, COMPARED_LINES); at++) {
    if (trimmed.every((line, i) => lines[at + i]?.trim() === line)) return at;
  }
  return null;
}

function nearest(lines: string[], wanted: string): number | null {
  const target = wanted.trim().slice(0, COMPARED_CHARS);
  if (target === '') return null;
  let best = { at: -1, misspelt: target.length / 2 };
  for (const [at, line] of lines.slice(0, COMPARED_LINES).entries()) {
    const other = line.trim().slice(0, COMPARED_CHARS);
    if (Math.abs(other.length - target.length) >= best.misspelt) continue;
    const misspelt = distance(other, target);
    if (misspelt < best.misspelt) best = { at, misspelt };
  }
  return best.at < 0 ? null : best.at;
}

function excerpt(lines: string[], from: number, count: number): string {
  const shown = lines.slice(from, from + Math.min(Math.max(count, 1), OVERLAY.placesShown));
  return pageOf(shown.map((line, i) => `${from + i + 1}\t${line}`)).lines.join('\n');
}
