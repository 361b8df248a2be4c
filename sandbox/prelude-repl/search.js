/** How searches of a text are asked for: the same arguments for strings and for texts by reference. */
import { kindOf, optionFault } from '../prelude/errors.js';
import { flagsOf, isFiniteNumber, isRegExp, max, sourceOf, trunc } from './intrinsics.js';

const DEFAULT_HITS = 100;
const DEFAULT_CHUNK = { __proto__: null, chars: 50_000, headings: 50_000, lines: 500 };

/** @returns {{ text: string, ignoreCase: boolean } | { source: string, flags: string }} */
export function patternOf(hook, pattern, options) {
  if (isRegExp(pattern)) return { source: sourceOf(pattern), flags: flagsOf(pattern) };
  if (typeof pattern !== 'string') {
    throw optionFault(hook + '() takes a string or a regular expression, got ' + kindOf(pattern) + '.');
  }
  return { text: pattern, ignoreCase: typeof options === 'object' && options !== null && Boolean(options.ignoreCase) };
}

export function grepOptions(options) {
  if (typeof options === 'number') return { limit: wholeOf(options, DEFAULT_HITS), around: 0 };
  const { limit, around } = options ?? {};
  return { limit: wholeOf(limit, DEFAULT_HITS), around: wholeOf(around, 0) };
}

/** `chunks(size)` or `chunks({ size, overlap, by })`. */
export function chunkOptions(options) {
  const given = typeof options === 'number' ? { size: options } : (options ?? {});
  const by = given.by ?? 'chars';
  const size = DEFAULT_CHUNK[by];
  if (size === undefined)
    throw optionFault('chunks() cuts by "chars", "lines" or "headings", not by ' + kindOf(by) + '.');
  const chosen = { size: max(1, wholeOf(given.size, size)), overlap: wholeOf(given.overlap, 0), by };
  if (chosen.overlap >= chosen.size) {
    throw optionFault('chunks() needs an overlap below its size, got ' + chosen.overlap + ' of ' + chosen.size + '.');
  }
  return chosen;
}

/** A whole number from 0 on; anything else is the default. */
export function wholeOf(value, fallback) {
  if (value === Infinity) return 9_007_199_254_740_991;
  return typeof value === 'number' && isFiniteNumber(value) && value >= 0 ? trunc(value) : fallback;
}

/** An index as `slice` takes it, from 0 to `length`. */
export function indexIn(value, length, fallback) {
  if (value === undefined) return fallback;
  const whole = trunc(+value) || 0;
  if (whole < 0) return max(0, length + whole);
  return whole > length ? length : whole;
}
