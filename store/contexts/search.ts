/**
 * Literal search over a range of a part. Most chunks are left after one pass over their bytes, which is as fast as memory; only
 * those with a hit are decoded.
 *
 *  Q1  A match may begin in one chunk and end in another, however small chunks are.
 *  Q2  A text with half a surrogate pair is searched in UTF-16 alone: it has no UTF-8.
 */
import { countByte } from './count.ts';
import type { PartText } from './part-text.ts';

export class Needle {
  readonly text: string;
  readonly #bytes: Buffer | null;
  readonly #ascii: boolean;

  constructor(text: string) {
    this.text = text;
    this.#bytes = text.isWellFormed() ? Buffer.from(text) : null;
    this.#ascii = this.#bytes?.byteLength === text.length;
  }

  get length(): number {
    return this.text.length;
  }

  /** The byte when it is one ASCII character. */
  get byte(): number | null {
    return this.#ascii && this.text.length === 1 ? this.text.charCodeAt(0) : null;
  }

  /** First place in a chunk from unit `from` on, or -1. */
  firstIn(text: PartText, chunk: number, from: number): number {
    if (text.at.isAscii(chunk)) {
      if (!this.#ascii || this.#bytes === null) return -1;
      return text.at.bytes(chunk).indexOf(this.#bytes, from);
    }
    return this.#mayHold(text, chunk) ? text.chunkText(chunk).indexOf(this.text, from) : -1;
  }

  /** Last place in a chunk that begins at or before `from`, or -1. */
  lastIn(text: PartText, chunk: number, from: number): number {
    if (text.at.isAscii(chunk)) {
      if (!this.#ascii || this.#bytes === null) return -1;
      return text.at.bytes(chunk).lastIndexOf(this.#bytes, from);
    }
    return this.#mayHold(text, chunk) ? text.chunkText(chunk).lastIndexOf(this.text, from) : -1;
  }

  #mayHold(text: PartText, chunk: number): boolean {
    return this.#bytes === null || text.isDecoded(chunk) || text.at.bytes(chunk).includes(this.#bytes);
  }
}

/** First place of a needle, not empty, that lies in [from, to), or -1. */
export function findFirst(text: PartText, needle: Needle, from: number, to: number): number {
  if (from + needle.length > to) return -1;
  for (let i = text.at.chunkOf(from); i < text.at.count; i++) {
    const base = text.at.unitAt[i] ?? 0;
    const next = text.at.unitAt[i + 1] ?? 0;
    if (base >= to) break;
    const found = needle.firstIn(text, i, Math.max(0, from - base));
    if (found >= 0) return base + found + needle.length <= to ? base + found : -1;
    const over = acrossBorder(text, needle, next, Math.max(from, base), to);
    const first = over.text.indexOf(needle.text);
    if (first >= 0) return over.start + first;
  }
  return -1;
}

/** Last place of a needle, not empty, that lies in [from, to) and begins at or before `latest`, or -1. */
export function findLast(text: PartText, needle: Needle, from: number, to: number, latest: number): number {
  const start = Math.min(latest, to - needle.length);
  if (start < from) return -1;
  for (let i = text.at.chunkOf(start); i >= 0; i--) {
    const base = text.at.unitAt[i] ?? 0;
    const next = text.at.unitAt[i + 1] ?? 0;
    if (next <= from) break;
    const over = acrossBorder(text, needle, next, Math.max(from, base), Math.min(to, start + needle.length));
    const crossing = over.text.lastIndexOf(needle.text);
    if (crossing >= 0) return over.start + crossing;
    const found = needle.lastIn(text, i, Math.min(start - base, text.at.chunk(i).length));
    if (found >= 0) return base + found >= from ? base + found : -1;
  }
  return -1;
}

/** How often a needle, not empty, lies in [from, to), from left to right without overlap. */
export function countAll(text: PartText, needle: Needle, from: number, to: number): number {
  if (needle.byte !== null && from === 0 && to === text.length) return countBytes(text, needle.byte);
  let count = 0;
  let at = from;
  for (let i = text.at.chunkOf(from); i < text.at.count; i++) {
    const base = text.at.unitAt[i] ?? 0;
    const next = text.at.unitAt[i + 1] ?? 0;
    if (base >= to) break;
    const inside = countInside(text, needle, i, Math.max(0, at - base), Math.min(to, next) - base);
    count += inside.count;
    at = Math.max(at, base + inside.end);
    for (;;) {
      const over = acrossBorder(text, needle, next, Math.max(at, base), to);
      const found = over.text.indexOf(needle.text);
      if (found < 0) break;
      count += 1;
      at = over.start + found + needle.length;
    }
  }
  return count;
}

function countInside(
  text: PartText,
  needle: Needle,
  chunk: number,
  from: number,
  to: number,
): { count: number; end: number } {
  const first = needle.firstIn(text, chunk, from);
  let count = 0;
  let end = 0;
  if (first < 0) return { count, end };
  const whole = text.chunkText(chunk);
  for (let at = first; at >= 0 && at + needle.length <= to; at = whole.indexOf(needle.text, end)) {
    count += 1;
    end = at + needle.length;
  }
  return { count, end };
}

function countBytes(text: PartText, byte: number): number {
  let count = 0;
  for (let i = 0; i < text.at.count; i++)
    count += byte === 0x0a ? text.at.chunk(i).feeds : countByte(text.at.bytes(i), byte);
  return count;
}

/** The text around a chunk's end in which just those matches lie that cross it, cut to [from, to). */
function acrossBorder(
  text: PartText,
  needle: Needle,
  border: number,
  from: number,
  to: number,
): { start: number; text: string } {
  const start = Math.max(from, border - needle.length + 1);
  const end = Math.min(to, border + needle.length - 1);
  if (border >= to || end - start < needle.length || start >= border) return { start, text: '' };
  return { start, text: text.slice(start, end) };
}
