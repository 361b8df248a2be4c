/**
 * Regular expressions over texts of any length. V8 sees windows, so:
 *
 *  M1  A match of at most {@link CONTEXT.matchChars} is found as in the whole text; what would be longer may be cut there.
 *  M2  `^` and `$` are the ends of the range, or of lines with the flag m, never those of a window; a look behind sees
 *      {@link BEFORE} characters.
 *  M3  Nothing bounds the time of a pattern here: who takes patterns from a model runs this in a thread that may be ended.
 */
import { BraidError } from '../../protocol/errors.ts';
import { CONTEXT, KIB } from '../../protocol/limits.ts';
import type { GrepPattern } from '../../protocol/text-source.ts';
import type { PartText } from './part-text.ts';
import { findFirst, Needle } from './search.ts';

export interface Match {
  index: number;
  match: string;
  groups: (string | null)[];
}

const BEFORE = 4 * KIB;

/** Window sizes in characters; other than {@link CONTEXT}'s for tests. */
export interface Windows {
  window: number;
  match: number;
}

const WINDOWS: Windows = { window: CONTEXT.windowChars, match: CONTEXT.matchChars };

/** All matches in [start, end), in order, without overlap. Errors: BRAID_OPTION for a pattern that does not compile. */
export function matchesOf(
  text: PartText,
  pattern: GrepPattern,
  start: number,
  end: number,
  windows: Windows = WINDOWS,
): Generator<Match> {
  if ('text' in pattern && !pattern.ignoreCase) return literalMatches(text, pattern.text, start, end);
  return regexMatches(text, compile(pattern), start, end, windows);
}

function compile(pattern: GrepPattern): RegExp {
  if ('text' in pattern) return new RegExp(pattern.text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'gi');
  const { source, flags } = pattern;
  if (!/^[dgimsuvy]*$/.test(flags)) throw wrong(source, flags, `unknown flags`);
  try {
    return new RegExp(source, `${flags.replace(/[dgy]/g, '')}g`);
  } catch (error) {
    throw wrong(source, flags, error instanceof Error ? error.message : String(error));
  }
}

function wrong(source: string, flags: string, why: string): BraidError {
  const shown = `/${source.slice(0, 200)}/${flags.slice(0, 20)}`;
  return new BraidError('BRAID_OPTION', `${shown} is no regular expression: ${why}.`, {
    fix: 'Correct the pattern, or search for a plain text.',
  });
}

function* literalMatches(text: PartText, literal: string, start: number, end: number): Generator<Match> {
  if (literal === '') return;
  const needle = new Needle(literal);
  for (let at = start; ; at += literal.length) {
    at = findFirst(text, needle, at, end);
    if (at < 0) return;
    yield { index: at, match: literal, groups: [] };
  }
}

function* regexMatches(text: PartText, regex: RegExp, start: number, end: number, size: Windows): Generator<Match> {
  for (let at = start; ;) {
    const from = Math.max(start, at - BEFORE);
    const border = at + size.window >= end ? end : whole(text, at + size.window);
    const to = border + size.match >= end ? end : whole(text, border + size.match);
    const window = text.slice(from, to);
    regex.lastIndex = at - from;
    for (let found = regex.exec(window); found !== null; found = regex.exec(window)) {
      // What begins behind the border is found, and seen whole, in the next window.
      if (from + found.index >= border && border < end) break;
      if (found[0] === '') regex.lastIndex += widthAt(window, regex);
      at = from + regex.lastIndex;
      yield { index: from + found.index, match: ownCopy(found[0]), groups: found.slice(1).map(groupOf) };
    }
    if (border === end) return;
    at = Math.max(at, border);
  }
}

/** In Unicode mode a search must not begin inside a pair: it would step back and find the same again. */
function whole(text: PartText, unit: number): number {
  return text.splitsPair(unit) ? unit + 1 : unit;
}

function widthAt(window: string, regex: RegExp): number {
  const wide = (regex.unicode || regex.unicodeSets) && (window.codePointAt(regex.lastIndex) ?? 0) > 0xffff;
  return wide ? 2 : 1;
}

/** Captures are optional however the engine's type reads. */
function groupOf(group: string | undefined): string | null {
  return group === undefined ? null : ownCopy(group);
}

/** V8 makes long matches views into the window, which would keep megabytes alive for each: break the tie. */
function ownCopy(text: string): string {
  return text.length < 13 ? text : ` ${text}`.slice(1);
}
