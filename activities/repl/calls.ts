/**
 * Calls of a guest as what crosses to the workflow.
 *
 *  C1  A text above {@link REPL.inlineChars}, a span and a context cross as references (RL-24, RL-43); all texts of a step are
 *      written to the store at once.
 *  C2  Nothing that a call holds can fail the turn: what cannot be passed on becomes a `wrong` call, which the cell sees.
 */
import type { ContextRef, PromptText, TextRef } from '../../protocol/context.ts';
import { isBraidError } from '../../protocol/errors.ts';
import { REPL } from '../../protocol/limits.ts';
import type { ReplCall } from '../../protocol/repl.ts';
import type { GuestCall, GuestContext, GuestText } from '../../sandbox/repl/types.ts';
import { contextOfValue, spillTexts } from '../../store/contexts/refs.ts';
import { PieceDesk } from './pieces.ts';
import type { SessionTexts, TextDesk } from './session-texts.ts';

interface Desk extends TextDesk {
  texts: SessionTexts;
  pieces: PieceDesk;
  /** Where a text is that was written to the store. */
  refOfText(text: string): TextRef;
}

export async function deliverCalls(
  desk: TextDesk,
  texts: SessionTexts,
  calls: readonly GuestCall[],
): Promise<ReplCall[]> {
  if (calls.length === 0) return [];
  const spilled = [...new Set(calls.flatMap(spilledTexts))];
  const refs = await spillTexts(desk.store, spilled);
  readAhead(desk, refs[0]);
  const byText = new Map(spilled.map((text, i) => [text, refs[i]]));
  const refOfText = (text: string): TextRef => {
    const ref = byText.get(text);
    if (ref === undefined) throw new Error('a text of a call was not written');
    return ref;
  };
  const pieces = new PieceDesk(desk);
  try {
    return await Promise.all(calls.map((call) => deliver({ ...desk, texts, pieces, refOfText }, call)));
  } finally {
    pieces.release();
  }
}

/** This worker is likely to ask these calls, in a moment: the chunk that they begin in is read and decoded by then. */
function readAhead({ readText }: TextDesk, ref: TextRef | undefined): void {
  if (ref !== undefined) readText(ref).catch(() => undefined);
}

async function deliver(desk: Desk, call: GuestCall): Promise<ReplCall> {
  try {
    return await convert(desk, call);
  } catch (error) {
    // C2; failures of the store are not the cell's.
    if (!isBraidError(error) || !CELLS_FAULT.has(error.code)) throw error;
    return { id: call.id, name: 'wrong', error: { code: error.code, message: error.message } };
  }
}

const CELLS_FAULT: ReadonlySet<string> = new Set(['BRAID_CONTEXT_TOO_LARGE', 'BRAID_CONTEXT_UNREADABLE']);

async function convert(desk: Desk, call: GuestCall): Promise<ReplCall> {
  switch (call.name) {
    case 'llm':
      return { ...call, items: call.items.map((item) => ({ ...item, prompt: promptOf(desk, item.prompt) })) };
    case 'agent':
      return { ...call, prompt: promptOf(desk, call.prompt) };
    case 'rlm': {
      const items = call.items.map(async ({ question, context, options }) => ({
        question: promptOf(desk, question),
        context: await contextOf(desk, context),
        options,
      }));
      return { ...call, items: await Promise.all(items) };
    }
    default:
      return call;
  }
}

/** Texts of a call that cross by reference. */
function spilledTexts(call: GuestCall): string[] {
  if (call.name === 'llm') return call.items.flatMap(({ prompt }) => longTexts(prompt));
  if (call.name === 'agent') return longTexts(call.prompt);
  if (call.name !== 'rlm') return [];
  return call.items.flatMap(({ question, context }) => [
    ...longTexts(question),
    ...(context?.kind === 'texts' ? context.texts.flatMap(({ text }) => stringsOf(text)) : []),
  ]);
}

function longTexts(text: GuestText): string[] {
  return stringsOf(text).filter(isLong);
}

function stringsOf(text: GuestText): string[] {
  return typeof text === 'string' ? [text] : text.filter((piece) => typeof piece === 'string');
}

function isLong(text: string): boolean {
  return text.length > REPL.inlineChars;
}

function promptOf({ texts, refOfText }: Desk, text: GuestText): PromptText {
  if (typeof text === 'string') return isLong(text) ? [refOfText(text)] : text;
  return text.map((piece) => {
    if (typeof piece !== 'string') return texts.refOf(piece);
    return isLong(piece) ? refOfText(piece) : piece;
  });
}

async function contextOf(desk: Desk, context: GuestContext): Promise<ContextRef | null> {
  if (context === null) return null;
  if (context.kind === 'value') return contextOfValue(desk.store, context.value);
  const pieces = context.texts.map(({ name, text }) => piecesOf(desk, text).map((ref) => ({ ...ref, name })));
  return desk.pieces.contextOf(pieces.flat());
}

/** A text of a context is one piece; the pieces of a concatenation stand one after the other. */
function piecesOf({ texts, refOfText }: Desk, text: GuestText): TextRef[] {
  if (typeof text === 'string') return [refOfText(text)];
  return text.map((piece) => (typeof piece === 'string' ? refOfText(piece) : texts.refOf(piece)));
}
