/**
 * What a root was shown, read from the conversation: the question, and what its own cells have printed.
 *
 *  S1  A mark is a line that begins with `@name {` and is JSON. Cells print marks as JSON text, so nothing from a context
 *      can stand at the start of such a line.
 *  S2  Only messages after the first count: the first one holds a preview of the context, which others wrote.
 */
import { isJsonObject, type Json, type JsonObject } from '../../../protocol/json.ts';
import type { Conversation } from '../rule-model.ts';

export interface Mark {
  name: string;
  data: JsonObject;
}

/** Start of a first prompt that is looked at: it is of constant size (RL-01); a hostile one may not be. */
const PROMPT_CHARS = 40_000;

/** The question of a first prompt: what stands in its tag or under its heading, else the whole prompt. */
export function questionIn(prompt: string): string {
  const text = prompt.slice(0, PROMPT_CHARS);
  const tagged = /<(question|query|task)>\n?([\s\S]*?)<\/\1>/i.exec(text)?.[2];
  if (tagged !== undefined) return tagged.trim();
  const headed = /^#* *\**(?:Question|Query|Task)\b[^:\n]{0,100}(?::|\n)\**\s*/im.exec(text);
  const start = headed === null ? 0 : headed.index + headed[0].length;
  const rest = text.slice(start);
  const end = rest.search(/^(?:#+ |\*\*|<)?(?:`?context\b|There is no context)/im);
  return (end === -1 ? rest : rest.slice(0, end)).trim();
}

/** The newest mark, or null when no cell has printed one. */
export function lastMark({ user }: Conversation): Mark | null {
  for (const message of user.slice(1).reverse()) {
    for (const line of message.split('\n').reverse()) {
      const mark = markIn(line);
      if (mark !== null) return mark;
    }
  }
  return null;
}

/** Whether the newest message shows a cell's output without a mark: the cell has failed. */
export function lastFailed({ user }: Conversation): boolean {
  return user.length > 1 && !(user.at(-1) ?? '').split('\n').some((line) => markIn(line) !== null);
}

/** What the schema of the answer misses in a final that was not accepted; null when none was refused, or not for that. */
export function refusedFinal({ user }: Conversation): { missing: string[] } | null {
  const problem = /^FINAL was not accepted: (.*)$/m.exec(user.length > 1 ? (user.at(-1) ?? '') : '')?.[1];
  if (problem === undefined) return null;
  const missing = [...problem.matchAll(/required property "([^"]+)"/g)].map((match) => match[1] ?? '');
  return missing.length > 0 || problem.includes('Expected "object"') ? { missing } : null;
}

function markIn(line: string): Mark | null {
  const match = /^@([a-z]+) (\{.*\})\s*$/.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  try {
    const data = JSON.parse(match[2]) as Json;
    return isJsonObject(data) ? { name: match[1], data } : null;
  } catch {
    return null; // cut in the middle, or not one of ours
  }
}

/** A prompt that wants the best answer that there is, with no more work (RL-07). */
export function wantsAnswerNow({ user }: Conversation): boolean {
  const last = user.length > 1 ? (user.at(-1) ?? '') : '';
  return /\bno more (?:code|cells?|turns|iterations)\b|\bbest answer that you have\b/i.test(last);
}

/** A prompt that wants notes on the turns so far, which are then dropped. */
export function wantsNotes({ user }: Conversation): boolean {
  return user.length > 1 && /^Summarise the turns above\b/i.test(user.at(-1) ?? '');
}

/** The newest mark of each name, as the lines that cells printed: all that a play goes by. */
export function notesOf({ user }: Conversation): string {
  const lines = new Map<string, string>();
  for (const line of user.slice(1).flatMap((message) => message.split('\n'))) {
    const mark = markIn(line);
    if (mark !== null) lines.set(mark.name, line);
  }
  return [...lines.values()].join('\n');
}
