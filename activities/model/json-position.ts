/** Where a text stops being JSON. `JSON.parse` names the place only sometimes; a model that repairs its answer needs it. */
export interface JsonBreak {
  /** 0-based offset. */
  position: number;
  line: number;
  column: number;
  /** What would have been right there. */
  expected: string;
  /** What is there, a few characters; empty at the end of the text. */
  found: string;
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const KEY = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;

type Want = 'value' | 'key' | 'colon' | 'after';

/** First place at which the text breaks JSON's grammar; null for JSON. */
export function findJsonBreak(text: string): JsonBreak | null {
  const open: ('{' | '[')[] = [];
  let at = 0;
  let want: Want = 'value';
  /** An empty object or array may close right after it opened. */
  let fresh = false;
  const eat = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return false;
    at += match[0].length;
    return true;
  };
  for (;;) {
    eat(SPACE);
    const char = text[at];
    const top = open.at(-1);
    const closes = (char === '}' && top === '{') || (char === ']' && top === '[');
    if (closes && (want === 'after' || fresh)) {
      open.pop();
      at += 1;
      want = 'after';
      fresh = false;
    } else if (want === 'value' && (char === '{' || char === '[')) {
      open.push(char);
      at += 1;
      want = char === '{' ? 'key' : 'value';
      fresh = true;
    } else if (want === 'value' && eat(SCALAR)) {
      want = 'after';
      fresh = false;
    } else if (want === 'key' && eat(KEY)) {
      want = 'colon';
      fresh = false;
    } else if (want === 'colon' && char === ':') {
      at += 1;
      want = 'value';
    } else if (want === 'after' && top !== undefined && char === ',') {
      at += 1;
      want = top === '{' ? 'key' : 'value';
    } else if (want === 'after' && top === undefined && at === text.length) {
      return null;
    } else {
      return breakAt(text, at, expectedOf(want, top, fresh));
    }
  }
}

function expectedOf(want: Want, top: '{' | '[' | undefined, fresh: boolean): string {
  if (want === 'key') return fresh ? 'a property name in double quotes or }' : 'a property name in double quotes';
  if (want === 'colon') return ':';
  if (want === 'value') return fresh && top === '[' ? 'a value or ]' : 'a value';
  if (top === undefined) return 'the end of the text';
  return top === '{' ? ', or }' : ', or ]';
}

function breakAt(text: string, position: number, expected: string): JsonBreak {
  const before = text.slice(0, position).split('\n');
  const found = text.slice(position, position + 12).split('\n')[0] ?? '';
  return { position, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, expected, found };
}
