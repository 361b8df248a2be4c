/**
 * How much of a context stands in prompts.
 *
 *  V1  A character of a prompt stands for at most one character of the context: a prompt never "shows" more than it holds.
 *  V2  What is alike for fewer than {@link COMPARE.passage} characters does not count: that is chance. Any longer passage is found.
 *  V3  Where a passage stands in the context more than once, the longest match counts, and among equals the one that comes next: a
 *      prompt mostly goes on as the context does.
 */
import { COMPARE } from '../../protocol/limits.ts';
import { PassageIndex } from './passages.ts';

const { passage: SIZE, candidates: CANDIDATES } = COMPARE;

/** A context that prompts are held against. */
export class Coverage {
  readonly #text: string;
  readonly #index: PassageIndex;
  /** For each character: the last prompt that showed it, from 1; 0: none. */
  readonly #shownBy: Uint32Array;
  #prompts = 0;

  constructor(text: string) {
    this.#text = text;
    this.#index = new PassageIndex(text, SIZE);
    this.#shownBy = new Uint32Array(text.length);
  }

  /** Characters of the context that stand in one prompt, given message by message; `shown` is told each of them once. */
  add(messages: readonly string[], shown: (at: number) => void = () => undefined): number {
    this.#prompts += 1;
    let count = 0;
    const mark = (from: number, to: number): void => {
      for (let i = from; i < to; i += 1) {
        if (this.#shownBy[i] === this.#prompts) continue;
        this.#shownBy[i] = this.#prompts;
        count += 1;
        shown(i);
      }
    };
    for (const message of messages) this.#find(message, mark);
    return count;
  }

  #find(message: string, mark: (from: number, to: number) => void): void {
    const places = this.#index.placesIn(message);
    let next = 0;
    for (let at = 0; at + SIZE <= message.length;) {
      const match = this.#longest(message, at, places(at, next));
      if (match === null) {
        at += 1;
        continue;
      }
      mark(match.from, match.from + match.length);
      next = match.from + match.length;
      at += match.length;
    }
  }

  #longest(message: string, at: number, places: Iterable<number>): { from: number; length: number } | null {
    let best: { from: number; length: number } | null = null;
    let tried = 0;
    for (const from of places) {
      if (tried++ >= CANDIDATES) break;
      const length = this.#alike(message, at, from);
      if (length >= SIZE && length > (best?.length ?? 0)) best = { from, length };
      if (at + length === message.length) break;
    }
    return best;
  }

  /** For how many characters message and context are the same from here on. */
  #alike(message: string, at: number, from: number): number {
    const text = this.#text;
    const most = Math.min(message.length - at, text.length - from);
    let length = 0;
    while (length < most && message.charCodeAt(at + length) === text.charCodeAt(from + length)) length += 1;
    return length;
  }
}
