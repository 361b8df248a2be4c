/** {@link TextSource} over the store: synchronous, for threads that may block. */
import type { ContextRef, PartFormat, TextRef } from '../../protocol/context.ts';
import { CONTEXT } from '../../protocol/limits.ts';
import type { GrepHit, GrepPattern, TextSource, TextSpan, TextStats } from '../../protocol/text-source.ts';
import { grep } from './grep.ts';
import { headingsOf, type Mark } from './headings.ts';
import { PartBytes } from './part-bytes.ts';
import { PartText } from './part-text.ts';
import { wholeCharacters } from './preview.ts';
import { RangeLines } from './range-lines.ts';
import { countAll, findFirst, findLast, Needle } from './search.ts';
import type { SharedContext } from './shared.ts';
import { checkCut, cutChars, cutLines, cutMarks, sampleLines } from './spans.ts';
import { statsOf } from './stats.ts';

/** A part of a context of the store in `home`, or of a part. Errors of all its methods: those of the blobs it reads. */
export function openText(shared: SharedContext, part: number, home: string): StoredText {
  const text = new PartText(new PartBytes(shared, part, home));
  return new StoredText(text, 0, text.length);
}

export class StoredText implements TextSource {
  readonly name: string;
  readonly format: PartFormat;
  readonly length: number;
  readonly marks: readonly Mark[];
  readonly #text: PartText;
  readonly #start: number;
  readonly #end: number;
  readonly #lines: RangeLines;
  #stats: TextStats | undefined;
  #headings: readonly Mark[] | undefined;

  constructor(text: PartText, start: number, end: number) {
    const { name, format, marks = [] } = text.at.part;
    this.name = name;
    this.format = format;
    this.length = end - start;
    this.marks = marks.filter(({ at }) => at >= start && at < end).map(({ at, label }) => ({ at: at - start, label }));
    this.#text = text;
    this.#start = start;
    this.#end = end;
    this.#lines = new RangeLines(text, start, end);
  }

  get lines(): number {
    return this.#lines.count;
  }

  /** UTF-8 bytes; half a pair has the three of U+FFFD. */
  get bytes(): number {
    if (this.length === 0) return 0;
    // Of a pair's four bytes three were counted before its middle, which leaves one for its second half.
    const half = this.#text.splitsPair(this.#start) ? 2 : 0;
    return this.#text.bytesBefore(this.#end) - this.#text.bytesBefore(this.#start) + half;
  }

  slice(start: number, end: number): string {
    return this.#text.slice(this.#start + this.#clamp(start), this.#start + this.#clamp(end));
  }

  indexOf(text: string, from: number): number {
    const start = this.#clamp(from);
    if (text === '') return start;
    return this.#own(findFirst(this.#text, new Needle(text), this.#start + start, this.#end));
  }

  lastIndexOf(text: string, from: number): number {
    const latest = this.#clamp(from);
    if (text === '') return latest;
    return this.#own(findLast(this.#text, new Needle(text), this.#start, this.#end, this.#start + latest));
  }

  count(text: string): number {
    if (text === '' || this.length === 0) return 0;
    return countAll(this.#text, new Needle(text), this.#start, this.#end);
  }

  lineSpan(from: number, to: number): TextSpan {
    return this.#shifted(this.#lines.span(from, to));
  }

  grep(pattern: GrepPattern, options: { limit: number; around: number }): GrepHit[] {
    return grep({ text: this.#text, lines: this.#lines, start: this.#start, end: this.#end }, pattern, options);
  }

  chunks({ by, ...sizes }: { size: number; overlap: number; by: 'chars' | 'lines' | 'headings' }): TextSpan[] {
    const cut = checkCut(sizes);
    return this.#spans(by, cut).map((span) => this.#shifted(span));
  }

  sample(count: number, seed: number): TextSpan[] {
    return sampleLines(this.#lines, count, seed).map((span) => this.#shifted(span));
  }

  stats(): TextStats {
    const { length, bytes, lines } = this;
    return (this.#stats ??= { length, bytes, lines, ...statsOf(this.#text, this.#start, this.#end) });
  }

  view(start: number, end: number): StoredText {
    const from = this.#clamp(start);
    const to = Math.max(from, this.#clamp(end));
    return new StoredText(this.#text, this.#start + from, this.#start + to);
  }

  #spans(by: 'chars' | 'lines' | 'headings', cut: { size: number; overlap: number }): TextSpan[] {
    if (by === 'lines') return cutLines(this.#lines, cut);
    if (by === 'chars') return cutChars(this.#text, this.#start, this.#end, cut);
    this.#headings ??= this.#text.at.part.marks ?? headingsOf(this.#text, this.#start, this.#end);
    return cutMarks(this.#text, this.#start, this.#end, this.#headings, cut);
  }

  /** NaN counts as 0, as in all string methods. */
  #clamp(unit: number): number {
    return Math.min(this.length, Math.max(0, Math.trunc(unit) || 0));
  }

  #own(found: number): number {
    return found < 0 ? -1 : found - this.#start;
  }

  #shifted({ start, end, label }: TextSpan): TextSpan {
    return { start: start - this.#start, end: end - this.#start, ...(label === undefined ? {} : { label }) };
  }
}

/**
 * The reference to some texts as one context: what `rlm_query` passes on when it was given slices. `open` gives the text of a
 * manifest's part; at most its ends are read. Errors: those of `open` and of the blobs.
 */
export function contextRefOfPieces(
  pieces: readonly (TextRef & { name: string })[],
  open: (manifest: string, part: number) => StoredText,
): ContextRef {
  const texts = pieces.map(({ manifest, part, start, end }) => open(manifest, part).view(start, end));
  const total = (member: 'length' | 'bytes' | 'lines') => texts.reduce((sum, text) => sum + text[member], 0);
  const [first, last] = [texts[0], texts.at(-1)];
  const head = wholeCharacters(first?.slice(0, CONTEXT.previewHead) ?? '');
  const rest = texts.length > 1 ? (last?.length ?? 0) : total('length') - head.length;
  return {
    kind: pieces.length === 1 ? 'text' : 'files',
    of: { pieces: pieces.map(({ manifest, part, start, end, name }) => ({ manifest, part, start, end, name })) },
    parts: pieces.length,
    length: total('length'),
    bytes: total('bytes'),
    lines: total('lines'),
    names: pieces.slice(0, CONTEXT.previewNames).map(({ name }, i) => ({ name, length: texts[i]?.length ?? 0 })),
    head,
    tail: wholeCharacters(last?.slice(last.length - Math.min(CONTEXT.previewTail, rest), last.length) ?? ''),
  };
}
