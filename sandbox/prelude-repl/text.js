/**
 * A text by reference: it lives on the host and looks like a string (RL-40, RL-43).
 *
 *  X1  It is a span of one of the session's texts; it holds no characters but a small window of those read last.
 *  X2  A part of it that is at most `lazyChars` long is a string, a longer one is a text by reference again.
 *  X3  What it does not have itself it gets from String.prototype, which asks for its characters; they are handed out up to
 *      `stringChars`, beyond that BRAID_CONTEXT_TOO_LARGE.
 */
import { ask, read } from './host.js';
import {
  charCodeAt,
  codePointAt,
  indexOf,
  max,
  min,
  put,
  reflectGet,
  setPrototypeOf,
  slice,
  stringify,
  trunc,
  trimEndText,
  trimStartText,
} from './intrinsics.js';
import { chunkOptions, grepOptions, indexIn, patternOf, wholeOf } from './search.js';
import { matchAllIn, matchIn, searchIn } from './text-match.js';
import { limits, linesOf, splitBy, tooLarge } from './text-parts.js';

const MOST = 9_007_199_254_740_991;
const WINDOW = 16_384;
/** Longest read that the window serves: loops over small slices cost few questions. */
const SMALL = 2_048;
/** Pieces of a walk over a whole text. */
const STRIDE = 262_144;

export class Text {
  #doc;
  #start;
  #end;
  #window = '';
  #windowAt = 0;

  constructor(doc, start, end) {
    this.#doc = doc;
    this.#start = start;
    this.#end = end;
  }

  /** [doc, start, end] of a text by reference, else null. */
  static spanOf(value) {
    return typeof value === 'object' && value !== null && #doc in value ? [value.#doc, value.#start, value.#end] : null;
  }

  get length() {
    return this.#end - this.#start;
  }

  slice(from, to) {
    const { length } = this;
    const start = indexIn(from, length, 0);
    return this.#part(start, max(start, indexIn(to, length, length)));
  }

  substring(from, to) {
    const { length } = this;
    const a = min(max(0, wholeOf(+from, 0)), length);
    const b = to === undefined ? length : min(max(0, wholeOf(+to, 0)), length);
    return this.#part(min(a, b), max(a, b));
  }

  substr(from, size) {
    const start = indexIn(from, this.length, 0);
    return this.#part(start, size === undefined ? this.length : min(this.length, start + wholeOf(+size, 0)));
  }

  at(index) {
    const place = wholeOf(index < 0 ? this.length + +index : +index, -1);
    return index < -this.length || place < 0 || place >= this.length ? undefined : this.#read(place, place + 1);
  }

  charAt(index) {
    const place = index < 0 ? -1 : wholeOf(+(index ?? 0), 0);
    return place < 0 || place >= this.length ? '' : this.#read(place, place + 1);
  }

  charCodeAt(index) {
    return charCodeAt(this.charAt(index), 0);
  }

  codePointAt(index) {
    const place = wholeOf(+(index ?? 0), 0);
    return place >= this.length ? undefined : codePointAt(this.#read(place, min(place + 2, this.length)), 0);
  }

  indexOf(text, from) {
    return this.#ask('indexOf', stringify('' + text) + ',' + indexOrEnd(from, this.length, 0));
  }

  lastIndexOf(text, from) {
    return this.#ask('lastIndexOf', stringify('' + text) + ',' + indexOrEnd(from, this.length, this.length));
  }

  includes(text, from) {
    return this.indexOf(text, from) >= 0;
  }

  startsWith(text, from) {
    const start = indexOrEnd(from, this.length, 0);
    const wanted = '' + text;
    return wanted.length <= this.length - start && this.#read(start, start + wanted.length) === wanted;
  }

  endsWith(text, to) {
    const end = indexOrEnd(to, this.length, this.length);
    const wanted = '' + text;
    return wanted.length <= end && this.#read(end - wanted.length, end) === wanted;
  }

  trim() {
    return this.trimStart().trimEnd();
  }

  trimStart() {
    const head = this.#read(0, min(WINDOW, this.length));
    return this.#part(head.length - trimStartText(head).length, this.length);
  }

  trimEnd() {
    const tail = this.#read(max(0, this.length - WINDOW), this.length);
    return this.#part(0, this.length - (tail.length - trimEndText(tail).length));
  }

  split(separator, limit) {
    if (typeof separator !== 'string' || separator === '') return this.toString().split(separator, limit);
    const most = limit === undefined ? Infinity : wholeOf(+limit, 0);
    return splitBy(this, (start, end) => this.#read(start, end), separator, most);
  }

  match(pattern) {
    return this.length <= limits.stringChars ? this.toString().match(pattern) : matchIn(this, pattern);
  }

  matchAll(pattern) {
    return this.length <= limits.stringChars ? this.toString().matchAll(pattern) : matchAllIn(this, pattern);
  }

  search(pattern) {
    return this.length <= limits.stringChars ? this.toString().search(pattern) : searchIn(this, pattern);
  }

  grep(pattern, options) {
    const query = patternOf('grep', pattern, options);
    return this.#ask('grep', stringify(query) + ',' + stringify(grepOptions(options)));
  }

  count(text) {
    return this.#ask('count', stringify('' + text));
  }

  lines(from, to) {
    const span = this.#ask('lineSpan', lineIndex(from, 0) + ',' + lineIndex(to, MOST));
    return linesOf(span, (start, end) => this.#read(start, end));
  }

  chunks(options) {
    return this.#parts(this.#ask('chunks', stringify(chunkOptions(options))));
  }

  sample(number, seed) {
    return this.#parts(this.#ask('sample', wholeOf(number, 5) + ',' + wholeOf(seed, 0)));
  }

  stats() {
    return this.#ask('stats', '');
  }

  toString() {
    if (this.length > limits.stringChars) throw tooLarge(this.length);
    return this.#read(0, this.length);
  }

  valueOf() {
    return this.toString();
  }

  toJSON() {
    return this.toString();
  }

  [Symbol.toPrimitive]() {
    return this.toString();
  }

  *[Symbol.iterator]() {
    for (let at = 0; at < this.length;) {
      let piece = this.#read(at, min(at + STRIDE, this.length));
      const last = charCodeAt(piece, piece.length - 1);
      // A pair that the piece would cut belongs to the next one.
      if (piece.length > 1 && last >= 0xd800 && last < 0xdc00) piece = slice(piece, 0, piece.length - 1);
      at += piece.length;
      for (let i = 0; i < piece.length;) {
        const size = codePointAt(piece, i) > 0xffff ? 2 : 1;
        yield slice(piece, i, i + size);
        i += size;
      }
    }
  }

  get [Symbol.toStringTag]() {
    return 'String';
  }

  #part(start, end) {
    if (end - start <= limits.lazyChars) return this.#read(start, end);
    return start === 0 && end === this.length ? this : new Text(this.#doc, this.#start + start, this.#start + end);
  }

  #parts(spans) {
    const list = [];
    for (let i = 0; i < spans.length; i++) {
      const { start, end, label } = spans[i];
      const part = this.#part(start, end);
      if (label !== undefined && typeof part === 'object' && part !== this) put(part, 'label', label, false);
      put(list, i, part);
    }
    return list;
  }

  #read(start, end) {
    if (start >= end) return '';
    if (end - start > SMALL) return read(this.#doc, this.#start + start, this.#start + end);
    if (start < this.#windowAt || end > this.#windowAt + this.#window.length) {
      this.#windowAt = start;
      this.#window = read(this.#doc, this.#start + start, this.#start + min(start + WINDOW, this.length));
    }
    return slice(this.#window, start - this.#windowAt, end - this.#windowAt);
  }

  #ask(op, argsText) {
    return ask(op, this.#doc, this.#start, this.#end, argsText);
  }
}

/** A line's number, from the end when it is negative: the host knows how many there are. */
function lineIndex(value, fallback) {
  if (value === undefined) return fallback;
  const whole = trunc(+value) || 0;
  return max(-MOST, min(MOST, whole));
}

/** A part of a session's text: a string when it is short. */
export function textOf(doc, length) {
  return length <= limits.lazyChars ? read(doc, 0, length) : new Text(doc, 0, length);
}

function indexOrEnd(value, length, fallback) {
  if (value === undefined) return fallback;
  return value < 0 ? 0 : min(wholeOf(+value, 0), length);
}

// It passes for a string where code asks: what it lacks comes from String.prototype, characters by their index too.
put(Text.prototype, 'constructor', String, false);
setPrototypeOf(
  Text.prototype,
  new Proxy(String.prototype, {
    __proto__: null,
    getPrototypeOf: (target) => target,
    get(target, key, receiver) {
      const index = typeof key === 'string' && key !== '' && indexOf('0123456789', key[0]) >= 0 ? +key : -1;
      if (index >= 0 && '' + index === key && Text.spanOf(receiver) !== null) {
        return index < receiver.length ? receiver.charAt(index) : undefined;
      }
      return reflectGet(target, key, receiver);
    },
  }),
);
