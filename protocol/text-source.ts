/**
 * A text that code may search and slice without holding it: implemented over the blob store (store/contexts/), asked by the
 * REPL's guest (sandbox/repl/). All of it is synchronous, a pure function of immutable bytes, in UTF-16 units (X1).
 */
import type { PartFormat } from './context.ts';

export interface TextSource {
  readonly name: string;
  readonly format: PartFormat;
  readonly length: number;
  /** Number of lines; a last line without a line feed counts, nothing after a last line feed does not. */
  readonly lines: number;
  readonly marks: readonly { at: number; label: string }[];
  /** Characters of [start, end), clamped. Throws BRAID_CONTEXT_TOO_LARGE above CONTEXT.stringChars. */
  slice(start: number, end: number): string;
  /** First place of `text` at or after `from`, or -1. */
  indexOf(text: string, from: number): number;
  /** Last place of `text` that begins at or before `from`, or -1. */
  lastIndexOf(text: string, from: number): number;
  /** How often `text` stands in it, not overlapping; an empty text: 0. */
  count(text: string): number;
  /** The range of lines [from, to), counted from 0, with their line feeds but for the last one's. */
  lineSpan(from: number, to: number): TextSpan;
  /** Hits in order. Throws BRAID_OPTION for a pattern that does not compile. */
  grep(pattern: GrepPattern, options: { limit: number; around: number }): GrepHit[];
  /** Consecutive ranges that cover the text. `size` in characters, or in lines for `by: 'lines'`; `headings` cuts before Markdown
   * headings and marks, and splits what is longer than `size`. */
  chunks(options: { size: number; overlap: number; by: 'chars' | 'lines' | 'headings' }): TextSpan[];
  /** `count` ranges of whole lines, spread evenly with a jitter that depends on `seed` alone. */
  sample(count: number, seed: number): TextSpan[];
  stats(): TextStats;
  /** The same text from `start` to `end`: positions begin at 0 again. */
  view(start: number, end: number): TextSource;
}

export interface TextSpan {
  start: number;
  end: number;
  /** Heading or page that a chunk begins with. */
  label?: string;
}

/** A literal text, or a regular expression. */
export type GrepPattern = { text: string; ignoreCase: boolean } | { source: string; flags: string };

export interface GrepHit {
  /** Place of the match. */
  index: number;
  /** Its line, counted from 0. */
  line: number;
  match: string;
  /** Capture groups; unmatched ones are null. */
  groups: (string | null)[];
  /** The line of the match with `around` lines before and after it, cut at 2,000 characters around the match. */
  text: string;
}

export interface TextStats {
  length: number;
  bytes: number;
  lines: number;
  /** Of the lines, in characters. */
  longestLine: number;
  averageLine: number;
  emptyLines: number;
}
