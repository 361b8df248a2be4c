/**
 * `offline/rlm`: a rule program that plays a recursive language model on tasks whose truth can be computed: count, find, join,
 * group. It decides only from what it is shown: the question, what its cells have printed, the text of a sub-call's prompt.
 *
 *  O1  An answer is a function of the messages alone.
 *  O2  A root never sees its context: it writes the cells that do.
 *  O3  What it does not understand it says; it does not guess.
 */
import type { Conversation, RuleAnswer } from '../rule-model.ts';
import { answerLeaf } from './leaf.ts';
import { playRoot } from './play.ts';
import { notesOf, wantsNotes } from './shown.ts';

export function rlm(conversation: Conversation): RuleAnswer {
  if (wantsNotes(conversation)) return { text: notesOf(conversation) };
  return isRoot(conversation) ? { text: playRoot(conversation) } : answerLeaf(conversation);
}

/** Only the prompts of a REPL tell how a cell ends it. */
function isRoot({ system, user }: Conversation): boolean {
  return /\bFINAL(?:_VAR)?\b/.test(system) || /\bFINAL(?:_VAR)?\(/.test((user[0] ?? '').slice(0, 20_000));
}
