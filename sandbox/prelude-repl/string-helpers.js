/**
 * What a text by reference can do and a string cannot, for strings: small texts look like big ones. The results are those of
 * protocol/text-source.ts.
 */
import {
  add,
  codePointAt,
  define,
  exec,
  floor,
  imul,
  indexOf,
  max,
  min,
  named,
  NativeRegExp,
  slice,
  startsWith,
  trimText,
} from './intrinsics.js';
import { chunkOptions, grepOptions, indexIn, patternOf, wholeOf } from './search.js';

/** Characters of a hit's lines. */
const HIT_CHARS = 2_000;

const HELPERS = {
  grep: (self, pattern, options) => grep(self, patternOf('grep', pattern, options), grepOptions(options)),
  count: (self, text) => count(self, '' + text),
  lines: (self, from, to) => {
    const starts = lineStarts(self);
    const list = [];
    const end = indexIn(to, starts.length, starts.length);
    for (let i = indexIn(from, starts.length, 0); i < end; i++) add(list, lineAt(self, starts, i));
    return list;
  },
  chunks: (self, options) => {
    const spans = chunkSpans(self, chunkOptions(options));
    const list = [];
    for (let i = 0; i < spans.length; i++) add(list, slice(self, spans[i].start, spans[i].end));
    return list;
  },
  sample: (self, number, seed) => sampleOf(self, wholeOf(number, 5), wholeOf(seed, 0)),
  stats: (self) => stats(self),
};

export function addStringHelpers() {
  for (const name in HELPERS) {
    const helper = HELPERS[name];
    const value = named(name, function (a, b) {
      return helper('' + this, a, b);
    });
    define(String.prototype, name, { __proto__: null, value, enumerable: false, writable: true, configurable: true });
  }
}

function grep(text, pattern, { limit, around }) {
  const next = matches(text, pattern);
  const starts = lineStarts(text);
  const hits = [];
  let line = 0;
  while (hits.length < limit) {
    const found = next();
    if (found === null) break;
    const { index, match, groups } = found;
    while (line + 1 < starts.length && starts[line + 1] <= index) line++;
    // Behind a last line feed there is no line any more.
    if (index === text.length && endOf(text) < index) line = starts.length;
    const first = max(0, line - around);
    const lines = first < starts.length ? linesFrom(text, starts, first, line + around) : '';
    add(hits, { index, line, match, groups, text: cut(lines, index - (starts[first] ?? index), match.length) });
  }
  return hits;
}

/** @returns a function that gives the next match, or null */
function matches(text, pattern) {
  if (pattern.text === '') return () => null;
  if (pattern.source === undefined && !pattern.ignoreCase) {
    let at = 0;
    return () => {
      const index = at < 0 ? -1 : indexOf(text, pattern.text, at);
      at = index < 0 ? -1 : index + pattern.text.length;
      return index < 0 ? null : { index, match: pattern.text, groups: [] };
    };
  }
  const { source, flags } = pattern.source === undefined ? { source: escaped(pattern.text), flags: 'i' } : pattern;
  const regex = new NativeRegExp(source, globalFlags(flags));
  return () => {
    const found = exec(regex, text);
    if (found === null) return null;
    if (found[0] === '') regex.lastIndex += regex.unicode && codePointAt(text, found.index) > 0xffff ? 2 : 1;
    const groups = [];
    for (let i = 1; i < found.length; i++) add(groups, found[i] ?? null);
    return { index: found.index, match: found[0], groups };
  };
}

/** With `g`, without those that would change where it looks or what it gives. */
function globalFlags(flags) {
  let kept = 'g';
  for (let i = 0; i < flags.length; i++) if (indexOf('dgy', flags[i]) < 0) kept += flags[i];
  return kept;
}

function escaped(text) {
  let source = '';
  for (let i = 0; i < text.length; i++) {
    source += indexOf('\\^$.*+?()[]{}|/', text[i]) < 0 ? text[i] : '\\' + text[i];
  }
  return source;
}

/** Lines [first, last] without the last one's line feed. */
function linesFrom(text, starts, first, last) {
  const end = last + 1 < starts.length ? starts[last + 1] - 1 : endOf(text);
  return slice(text, starts[first], end);
}

/** So many characters that the match stands in their middle. */
function cut(lines, at, length) {
  if (lines.length <= HIT_CHARS) return lines;
  const room = max(0, HIT_CHARS - length);
  const from = max(0, min(at - (room >> 1), lines.length - HIT_CHARS));
  return slice(lines, from, from + HIT_CHARS);
}

function count(text, needle) {
  if (needle === '') return 0;
  let found = 0;
  for (let at = indexOf(text, needle, 0); at >= 0; at = indexOf(text, needle, at + needle.length)) found++;
  return found;
}

function lineStarts(text) {
  const starts = [];
  if (text.length === 0) return starts;
  add(starts, 0);
  for (let at = indexOf(text, '\n', 0); at >= 0 && at + 1 < text.length; at = indexOf(text, '\n', at + 1))
    add(starts, at + 1);
  return starts;
}

function lineAt(text, starts, line) {
  if (starts.length === 0) return '';
  return slice(text, starts[line], line + 1 < starts.length ? starts[line + 1] - 1 : endOf(text));
}

function endOf(text) {
  return text[text.length - 1] === '\n' ? text.length - 1 : text.length;
}

function chunkSpans(text, { size, overlap, by }) {
  if (by === 'lines') return spansOfLines(text, size, overlap);
  const spans = [];
  const cuts = by === 'headings' ? headingsOf(text) : [0];
  for (let i = 0; i < cuts.length; i++) {
    cutChars(text, cuts[i], i + 1 < cuts.length ? cuts[i + 1] : text.length, size, overlap, spans);
  }
  return spans;
}

/** Pieces of `size`, one more where the cut would split a surrogate pair. */
function cutChars(text, start, end, size, overlap, spans) {
  for (let from = start; from < end;) {
    const cutAt = min(end, from + size);
    const to = cutAt < end && splitsPair(text, cutAt) ? cutAt + 1 : cutAt;
    add(spans, { start: from, end: to });
    if (to >= end) break;
    const next = to - overlap;
    from = !splitsPair(text, next) ? next : size - overlap > 1 ? next - 1 : next + 1;
  }
}

function splitsPair(text, at) {
  return at > 0 && codePointAt(text, at - 1) > 0xffff;
}

function spansOfLines(text, size, overlap) {
  const starts = lineStarts(text);
  const spans = [];
  for (let i = 0; i < starts.length; i += size - overlap) {
    const last = i + size >= starts.length;
    add(spans, { start: starts[i], end: last ? text.length : starts[i + size] });
    if (last) break;
  }
  return spans;
}

const HEADING_OR_FENCE = { source: '^ {0,3}(?:#{1,6}[ \\t]+\\S.*|`{3,}.*|~{3,}.*)$', flags: 'm' };

/** Begins of Markdown headings outside of code blocks, and of the text. */
function headingsOf(text) {
  const found = [0];
  const lines = matches(text, HEADING_OR_FENCE);
  let fence = '';
  for (let hit = lines(); hit !== null; hit = lines()) {
    const line = trimText(hit.match);
    let ticks = 0;
    while (line[ticks] === line[0] && line[0] !== '#') ticks++;
    if (ticks === 0) {
      if (fence === '' && hit.index > 0) add(found, hit.index);
    } else if (fence === '') fence = slice(line, 0, ticks);
    else if (ticks === line.length && startsWith(line, fence)) fence = '';
  }
  return found;
}

/** One line from each of equal parts, at a place that the seed decides. */
function sampleOf(text, wanted, seed) {
  const starts = lineStarts(text);
  const strata = min(wanted, starts.length);
  const random = mulberry(seed);
  const list = [];
  for (let i = 0; i < strata; i++) {
    const from = floor((i * starts.length) / strata);
    const to = floor(((i + 1) * starts.length) / strata);
    add(list, lineAt(text, starts, from + floor(random() * (to - from))));
  }
  return list;
}

/** The generator of the host's texts. */
function mulberry(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function stats(text) {
  const starts = lineStarts(text);
  let longestLine = 0;
  let emptyLines = 0;
  let characters = 0;
  for (let i = 0; i < starts.length; i++) {
    const { length } = lineAt(text, starts, i);
    longestLine = max(longestLine, length);
    if (length === 0) emptyLines++;
    characters += length;
  }
  const averageLine = starts.length === 0 ? 0 : floor((characters / starts.length) * 10 + 0.5) / 10;
  return { length: text.length, bytes: bytesOf(text), lines: starts.length, longestLine, averageLine, emptyLines };
}

/** Size in UTF-8. */
function bytesOf(text) {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const point = codePointAt(text, i);
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (point > 0xffff) i++;
  }
  return bytes;
}
