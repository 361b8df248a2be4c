/**
 * Finds things in the text of a prompt. A prompt may be megabytes long and hostile, so every look is linear in its length:
 * words are cut at white space first, and patterns are matched against single words.
 */
import type { Json } from '../../../protocol/json.ts';

export interface Place {
  file: string;
  line: number;
}

/** Longer words are no paths. */
const WORD = 300;
/** Characters looked at to find JSON, over all attempts. */
const JSON_BUDGET = 2_000_000;
/** Attempts to parse what stands between brackets. */
const JSON_TRIES = 1_000;

/** Words without the punctuation and quotes around them. */
export function wordsOf(text: string): string[] {
  return text
    .split(/[\s,;"'`()[\]{}<>]+/)
    .filter((word) => word !== '' && word.length <= WORD)
    .map((word) => word.replace(/[.:!?]+$/, ''));
}

/** `src/a.ts:12` in a word. */
export function placeOf(word: string): Place | null {
  const match = /^(.+\.\w+):(\d+)(?::\d+)?$/.exec(word);
  return match?.[1] === undefined ? null : { file: match[1], line: Number(match[2]) };
}

export function placesIn(text: string): Place[] {
  return wordsOf(text).flatMap((word) => placeOf(word) ?? []);
}

/** JSON objects and arrays that stand in a text, outermost ones, in order. */
export function jsonIn(text: string): Json[] {
  const found: Json[] = [];
  let budget = JSON_BUDGET;
  let tries = JSON_TRIES;
  for (let at = 0; at < text.length && budget > 0 && tries > 0; at += 1) {
    if (text[at] !== '{' && text[at] !== '[') continue;
    const end = closing(text, at, at + budget);
    budget -= (end === -1 ? text.length : end) - at;
    tries -= 1;
    const value = end === -1 ? undefined : parsed(text.slice(at, end + 1));
    if (value === undefined) continue; // braces of prose or code
    found.push(value);
    at = end;
  }
  return found;
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Offset of the bracket that closes the one at `start`, with strings skipped; -1 when there is none before `limit`. */
function closing(text: string, start: number, limit: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < Math.min(text.length, limit); at += 1) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at += 1;
      else if (char === '"' || char === '\n') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** Fenced code blocks with the language and the line above them. */
export function codeBlocksIn(text: string): { above: string; language: string; lines: string[] }[] {
  const blocks: { above: string; language: string; lines: string[] }[] = [];
  let open: (typeof blocks)[number] | null = null;
  let above = '';
  for (const line of text.split('\n')) {
    const fence = line.trimStart().startsWith('```');
    if (fence && open !== null) {
      blocks.push(open);
      open = null;
    } else if (fence) open = { above, language: line.trim().slice(3), lines: [] };
    else if (open !== null) open.lines.push(line);
    else if (line.trim() !== '') above = line;
  }
  return blocks;
}
