import type { Mark } from '../shown.ts';

/** The cells of one kind of task. A cell prints a mark, and the next one is written with that mark at hand. */
export interface Cells {
  /** Does the work; `shown` is the mark of the look, or null where nothing is to be looked at. */
  work(shown: Mark | null): string;
  /** Checks the work in another way, or puts it together, and gives the answer by {@link replyOf}. */
  finish(shown: Mark): string;
}

/** Ends with the value of an expression; it stays in a variable, so that it can be given again in another shape. */
export function replyOf(expression: string): string {
  return `const reply = ${expression}\nFINAL_VAR('reply')`;
}
