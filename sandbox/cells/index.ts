/**
 * Cells of an RLM: from the model's words to what the REPL's guest runs, and back to words for the model (RL-02 to RL-05).
 *
 *  C1  Line n of a prepared cell is line n of the cell; `placeBefore` (edits.ts) gives its columns back.
 *  C2  What a cell declares at its top level is a global of the session; what is declared inside of blocks and functions is
 *      not. A name may be declared again, in the same cell and in later ones.
 *  C3  Rules look at syntax: words in strings, templates and comments are never changed.
 *  C4  Time is linear in the cell, and a hostile cell gives a typed error at worst.
 *
 * Workflows import `extract.ts`, `output.ts` and `frame.ts` alone: these do without the parser.
 */
export { prepareCell, type PreparedCell } from './prepare.ts';
