/** A text by reference in pieces: walked by strides, so that the guest never holds the whole of it. */
import { fault } from '../prelude/errors.js';
import { add, indexOf, min, slice, splitText } from './intrinsics.js';

/** Characters asked for at a time. */
const STRIDE = 1_048_576;
/** A list of more characters would not leave room for anything else in the guest's memory. */
const LIST_FACTOR = 4;

/** Set once, when the session opens: `lazyChars` and `stringChars` (X2, X3). */
export const limits = { __proto__: null, lazyChars: 0, stringChars: 0 };

/** `split` by a text: strings, and texts by reference where a piece is long. `read(start, end)` gives characters. */
export function splitBy(text, read, separator, limit) {
  const { length } = text;
  if (limit === Infinity && length > limits.stringChars * LIST_FACTOR) throw tooLarge(length);
  const pieces = [];
  let begun = 0;
  for (let at = 0; at < length && pieces.length < limit; at += STRIDE) {
    const end = min(at + STRIDE, length);
    // A separator that begins in this stride may end in the next.
    const window = read(at, min(end + separator.length - 1, length));
    let from = begun > at ? begun - at : 0;
    for (let hit = indexOf(window, separator, from); hit >= 0; hit = indexOf(window, separator, from)) {
      if (at + hit >= end || pieces.length >= limit) break;
      const here = begun >= at && at + hit - begun <= limits.lazyChars;
      add(pieces, here ? slice(window, begun - at, hit) : text.slice(begun, at + hit));
      from = hit + separator.length;
      begun = at + from;
    }
  }
  if (pieces.length < limit) add(pieces, text.slice(begun, length));
  return pieces;
}

/** The lines of a span, without their line feeds. */
export function linesOf({ start, end, count }, read) {
  if (end - start > limits.stringChars) throw tooLarge(end - start);
  return count === 0 ? [] : splitText(read(start, end), '\n');
}

export function tooLarge(length) {
  const most = ' characters, and at most ' + limits.stringChars + ' become one string. Take less at a time: ';
  const ways = 'slice(a, b), lines(a, b), grep(pattern), count(text), chunks({ size }).';
  return fault('BRAID_CONTEXT_TOO_LARGE', 'This text has ' + length + most + ways);
}
