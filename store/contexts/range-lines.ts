import { lastAtOrBefore } from './part-bytes.ts';
import type { PartText } from './part-text.ts';
import type { TextSpan } from '../../protocol/text-source.ts';

/** The lines of a range [start, end) of a part. Positions are the part's. */
export class RangeLines {
  readonly #text: PartText;
  readonly #start: number;
  readonly #end: number;
  #known: { before: number; feeds: number; count: number } | undefined;

  constructor(text: PartText, start: number, end: number) {
    this.#text = text;
    this.#start = start;
    this.#end = end;
  }

  /** A last line without a line feed counts, nothing after a last line feed does not. */
  get count(): number {
    return this.#totals().count;
  }

  get feeds(): number {
    return this.#totals().feeds;
  }

  /** Where a line begins; the end of the range when there is no such line. */
  startOf(line: number): number {
    if (line <= 0) return this.#start;
    return line >= this.count ? this.#end : this.#feed(this.#totals().before + line - 1) + 1;
  }

  /** The line that holds a unit of the range. */
  lineOf(unit: number): number {
    return this.#feedsBefore(unit) - this.#totals().before;
  }

  /** Lines [from, to) without the last one's line feed. */
  span(from: number, to: number): TextSpan {
    const first = Math.min(Math.max(0, from), this.count);
    const last = Math.min(to, this.count);
    const start = this.startOf(first);
    if (last <= first) return { start, end: start };
    const { before, feeds } = this.#totals();
    return { start, end: last <= feeds ? this.#feed(before + last - 1) : this.#end };
  }

  #totals(): { before: number; feeds: number; count: number } {
    if (this.#known !== undefined) return this.#known;
    const before = this.#feedsBefore(this.#start);
    const feeds = this.#feedsBefore(this.#end) - before;
    const closed = this.#end === this.#start || (feeds > 0 && this.#endsWithFeed(before + feeds - 1));
    return (this.#known = { before, feeds, count: feeds + (closed ? 0 : 1) });
  }

  #endsWithFeed(last: number): boolean {
    const { at } = this.#text;
    // The whole part knows its lines, so that nothing has to be read for a first look at it.
    if (this.#end === this.#text.length) return at.part.lines === (at.feedAt[at.count] ?? 0);
    return this.#feed(last) === this.#end - 1;
  }

  /** Line feeds of the part before a unit. */
  #feedsBefore(unit: number): number {
    const { at } = this.#text;
    if (unit <= 0) return 0;
    if (unit >= this.#text.length) return at.feedAt[at.count] ?? 0;
    const chunk = at.chunkOf(unit);
    const [before = 0, base = 0] = [at.feedAt[chunk], at.unitAt[chunk]];
    return unit === base ? before : before + firstAtOrAfter(this.#text.feedsOf(chunk), unit - base);
  }

  /** Place of a line feed of the part, counted from 0. */
  #feed(number: number): number {
    const { at } = this.#text;
    const chunk = lastAtOrBefore(at.feedAt, number);
    return (at.unitAt[chunk] ?? 0) + (this.#text.feedsOf(chunk)[number - (at.feedAt[chunk] ?? 0)] ?? 0);
  }
}

/** Index of the first number that is not below `value`. */
function firstAtOrAfter(numbers: Uint32Array, value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
