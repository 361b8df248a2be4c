/** What a search thread is asked, and the search itself. Patterns are a model's: they may be wrong, slow or endless. */
import picomatch from 'picomatch';
import { TOOL_OUTPUT } from '../../protocol/limits.ts';
import { readBlobSync } from '../../store/blobs.ts';
import { linesOf } from './output.ts';

export type SearchJob =
  | { kind: 'glob'; pattern: string; anyDepth: boolean; paths: string[] }
  | {
      kind: 'grep';
      home: string;
      pattern: string;
      ignoreCase: boolean;
      /** Only paths that match; without a slash in it, in any folder. */
      glob: string | null;
      /** Lines shown before and after each match. */
      context: number;
      /** Path and ref, in the order to search. */
      files: [path: string, ref: string][];
    };

export interface SearchResult {
  /** Lines for the model: paths of a glob, `path:line: text` of a grep. */
  lines: string[];
  matches: number;
  files: number;
  /** True when the search stopped because the answer was full. */
  cut: boolean;
}

export type SearchAnswer = { result: SearchResult } | { problem: string };

type GrepJob = Extract<SearchJob, { kind: 'grep' }>;

export function runSearch(job: SearchJob): SearchAnswer {
  try {
    return { result: job.kind === 'glob' ? globSearch(job) : grepSearch(job, compile(job)) };
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: error.message };
    throw error;
  }
}

function globSearch(job: Extract<SearchJob, { kind: 'glob' }>): SearchResult {
  const lines = job.paths.filter(globMatcher(job.pattern, job.anyDepth));
  return { lines, matches: lines.length, files: lines.length, cut: false };
}

function globMatcher(pattern: string, anyDepth: boolean): (path: string) => boolean {
  const relative = pattern.replace(/^(\.?\/)+/, '');
  const matches = picomatch(relative, { dot: true, basename: anyDepth && !relative.includes('/'), nonegate: true });
  // A second argument, such as the index that `filter` passes, would make picomatch return an object, which is always true.
  return (path) => matches(path);
}

/** `(?i)` at the start is not JavaScript, but what most other engines take. */
function compile(job: GrepJob): RegExp {
  const inline = job.pattern.startsWith('(?i)');
  return new RegExp(inline ? job.pattern.slice(4) : job.pattern, job.ignoreCase || inline ? 'i' : '');
}

function grepSearch(job: GrepJob, regex: RegExp): SearchResult {
  const result: SearchResult = { lines: [], matches: 0, files: 0, cut: false };
  const wanted = job.glob === null ? () => true : globMatcher(job.glob, true);
  let room: number = TOOL_OUTPUT.chars;
  for (const [path, ref] of job.files) {
    if (!wanted(path)) continue;
    const lines = linesOf(new TextDecoder().decode(readBlobSync(job.home, ref)));
    const hits = matchingLines(lines, regex);
    if (hits.length === 0) continue;
    result.files += 1;
    for (const shown of excerpt(path, lines, hits, regex, job.context)) {
      room -= shown.text.length + 1;
      if (room < 0 || result.lines.length >= TOOL_OUTPUT.lines) return { ...result, cut: true };
      result.lines.push(shown.text);
      if (shown.isMatch) result.matches += 1;
    }
  }
  return result;
}

/** Indices of matching lines, no more than one answer can hold. */
function matchingLines(lines: string[], regex: RegExp): number[] {
  const hits: number[] = [];
  for (let i = 0; i < lines.length && hits.length <= TOOL_OUTPUT.lines; i++) {
    if (regex.test(lines[i] ?? '')) hits.push(i);
  }
  return hits;
}

function* excerpt(path: string, lines: string[], hits: number[], regex: RegExp, context: number) {
  const matching = new Set(hits);
  let next = -1;
  for (const hit of hits) {
    const from = Math.max(hit - context, next, 0);
    if (context > 0 && next >= 0 && from > next) yield { text: '--', isMatch: false };
    for (let i = from; i <= Math.min(hit + context, lines.length - 1); i++) {
      const mark = matching.has(i) ? ':' : '-';
      yield { text: `${path}${mark}${i + 1}${mark} ${around(lines[i] ?? '', regex)}`, isMatch: matching.has(i) };
    }
    next = Math.max(next, Math.min(hit + context, lines.length - 1) + 1);
  }
}

/** A line, or of a very long one the part around the match. */
function around(line: string, regex: RegExp): string {
  if (line.length <= TOOL_OUTPUT.lineChars / 4) return line;
  const at = Math.max(0, (regex.exec(line)?.index ?? 0) - TOOL_OUTPUT.lineChars / 20);
  const end = at + TOOL_OUTPUT.lineChars / 4;
  return `${at > 0 ? '…' : ''}${line.slice(at, end)}${end < line.length ? '…' : ''}`;
}
