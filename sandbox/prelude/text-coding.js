import { NativeRangeError, NativeTypeError, NativeUint8Array, fromCharCode } from './intrinsics.js';

/** UTF-8 only, without streaming: what the Encoding standard's classes are used for in scripts. */
export class TextEncoder {
  get encoding() {
    return 'utf-8';
  }

  encode(input = '') {
    const text = '' + input;
    const bytes = new NativeUint8Array(text.length * 3);
    return bytes.slice(0, write(text, bytes).written);
  }

  encodeInto(source, destination) {
    return write('' + source, destination);
  }
}

export class TextDecoder {
  #fatal;
  #keepBom;

  constructor(label = 'utf-8', options = {}) {
    if (!/^\s*(unicode-1-1-utf-8|utf-?8)\s*$/i.test(label))
      throw new NativeRangeError('TextDecoder knows utf-8 only, not ' + label + '.');
    this.#fatal = Boolean(options.fatal);
    this.#keepBom = Boolean(options.ignoreBOM);
  }

  get encoding() {
    return 'utf-8';
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#keepBom;
  }

  decode(input = new NativeUint8Array(0), options = {}) {
    if (options.stream) throw new NativeTypeError('TextDecoder has no streaming here: decode the whole input at once.');
    const bytes =
      input instanceof ArrayBuffer
        ? new NativeUint8Array(input)
        : new NativeUint8Array(input.buffer, input.byteOffset, input.byteLength);
    const text = read(bytes, this.#fatal);
    return !this.#keepBom && text[0] === '\uFEFF' ? text.slice(1) : text;
  }
}

function write(text, bytes) {
  let written = 0;
  let read = 0;
  while (read < text.length) {
    const point = scalarAt(text, read);
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (written + size > bytes.length) break;
    if (size === 1) bytes[written] = point;
    else {
      for (let i = size - 1, rest = point; i > 0; i--, rest >>= 6) bytes[written + i] = 0x80 | (rest & 0x3f);
      bytes[written] = ((0xf00 >> size) & 0xff) | (point >> (6 * (size - 1)));
    }
    written += size;
    read += point > 0xffff ? 2 : 1;
  }
  return { read, written };
}

/** The code point at an index; a lone surrogate is U+FFFD. */
function scalarAt(text, index) {
  const point = text.codePointAt(index);
  return point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
}

function read(bytes, fatal) {
  const parts = [];
  let part = '';
  for (let at = 0; at < bytes.length;) {
    const { point, size } = pointAt(bytes, at);
    if (point < 0 && fatal) throw new NativeTypeError('The bytes are not valid UTF-8.');
    part += point > 0xffff ? String.fromCodePoint(point) : fromCharCode(point < 0 ? 0xfffd : point);
    at += size;
    if (part.length > 4096) {
      parts.push(part);
      part = '';
    }
  }
  return parts.join('') + part;
}

/** One code point, or -1 with the length of the longest part that could have begun one: the standard's replacement rule. */
function pointAt(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) return { point: first, size: 1 };
  const size =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (size === 0) return { point: -1, size: 1 };
  // The second byte also rules out overlong forms, surrogates and points above U+10FFFF.
  let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  let point = first & (0xff >> (size + 1));
  for (let i = 1; i < size; i++) {
    const next = bytes[at + i];
    if (!(next >= low && next <= high)) return { point: -1, size: i };
    point = (point << 6) | (next & 0x3f);
    low = 0x80;
    high = 0xbf;
  }
  return { point, size };
}
