/** Plays offline/rlm against the real REPL guest, with the prompts that the workflow writes; no server, no store. */
import type { Conversation } from '../../../activities/offline/rule-model.ts';
import { rlm } from '../../../activities/offline/rlm/model.ts';
import type { ContextRef } from '../../../protocol/context.ts';
import type { Json } from '../../../protocol/json.ts';
import type { GuestCall, GuestTurnEnd } from '../../../sandbox/repl/index.ts';
import type { GuestContext, GuestText } from '../../../sandbox/repl/types.ts';
import { extractCells } from '../../../sandbox/cells/extract.ts';
import { systemPrompt } from '../../../workflows/rlm/prompts/roles.ts';
import { cellMessage, firstMessage } from '../../../workflows/rlm/prompts/turns.ts';
import { memoryText } from '../../kit/memory-text.ts';
import { options, outputOf, Session } from '../repl-guest/kit.ts';

export interface NamedText {
  name: string;
  text: string;
}

/** A text, files, another JSON value, or nothing. */
export type PlayContext = string | NamedText[] | { [name: string]: Json } | undefined;

export interface Play {
  final: unknown;
  /** Prompts of sub-calls, in order. */
  prompts: string[];
  /** Questions of recursive calls. */
  questions: string[];
  answers: string[];
  /** Characters of all messages that the root was sent, turn by turn. */
  read: number;
}

const TURNS = 8;

export const conversationOf = (
  system: string,
  user: string[],
  submitSchema: Conversation['submitSchema'] = null,
): Conversation => ({ system, user, turns: [], tools: new Set<string>(), submitSchema });

export const ROOT_SYSTEM = systemPrompt('root', {}, { recursive: true, tools: [], system: null });

const left = (iteration: number) => ({
  iteration,
  iterations: TURNS,
  calls: { used: 0, limit: 1000 },
  outputTokens: { used: 0, limit: null },
});

export function firstPrompt(question: string, context: PlayContext): string {
  return firstMessage({ head: question, tail: '', length: question.length }, refOf(context), null, left(1));
}

/** Plays a root to its end; recursive calls are plays of their own. `accept` tells what is wrong with a final. */
export function play(
  question: string,
  context: PlayContext,
  prompt = firstPrompt(question, context),
  accept: (final: unknown) => string | null = () => null,
): Play {
  const session = new Session(options(guestContext(context)));
  const user = [prompt];
  const seen: Play = { final: undefined, prompts: [], questions: [], answers: [], read: 0 };
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const answer = rlm(conversationOf(ROOT_SYSTEM, user)).text ?? '';
    seen.answers.push(answer);
    seen.read += ROOT_SYSTEM.length + user.join('').length + seen.answers.join('').length;
    const [cell] = extractCells(answer).cells;
    if (cell === undefined) throw new Error(`no cell in: ${answer}`);
    const end = session.play(cell.code, (call) => answered(call, context, seen));
    const problem = end.final === null ? null : accept(finalOf(end, context));
    if (end.final !== null && problem === null) return { ...seen, final: finalOf(end, context) };
    const error = end.error === null ? null : `${end.error.name}: ${end.error.message}`;
    const report = { cell: turn, output: outputOf(end), error, hints: end.hints, problem };
    user.push(cellMessage([report], 0, left(turn + 1)));
  }
  throw new Error('the play does not end');
}

function finalOf({ final }: GuestTurnEnd, context: PlayContext): unknown {
  if (final === null) return undefined;
  return 'value' in final ? final.value : textOf([final.span], context);
}

function answered(call: GuestCall, context: PlayContext, seen: Play): Json | Error {
  if (call.name === 'llm') {
    return call.items.map(({ prompt }) => {
      const text = textOf(prompt, context);
      seen.prompts.push(text);
      return rlm(conversationOf('', [text])).text ?? '';
    });
  }
  if (call.name !== 'rlm') return new Error(`${call.name} is not played here`);
  return call.items.map((item) => {
    const question = textOf(item.question, context);
    seen.questions.push(question);
    return play(question, contextOf(item.context, context)).final as Json;
  });
}

/** What a recursive call is given. */
function contextOf(given: GuestContext, context: PlayContext): PlayContext {
  if (given === null) return undefined;
  if (given.kind === 'value') return given.value as PlayContext;
  const texts = given.texts.map(({ name, text }) => ({ name, text: textOf(text, context) }));
  return texts.length === 1 ? texts[0]?.text : texts;
}

function textOf(text: GuestText, context: PlayContext): string {
  if (typeof text === 'string') return text;
  const docs = typeof context === 'string' ? [context] : Array.isArray(context) ? context.map((one) => one.text) : [];
  return text
    .map((piece) => (typeof piece === 'string' ? piece : docs[piece.doc]?.slice(piece.start, piece.end)))
    .join('');
}

function guestContext(context: PlayContext) {
  if (context === undefined || typeof context === 'string') return context;
  return Array.isArray(context) ? context.map(({ name, text }) => memoryText(text, { name })) : { value: context };
}

function refOf(context: PlayContext): ContextRef | null {
  if (context === undefined) return null;
  const parts =
    typeof context === 'string' ? [{ name: 'context', text: context }] : Array.isArray(context) ? context : [];
  const whole = parts.length > 0 ? parts.map(({ text }) => text).join('') : JSON.stringify(context);
  return {
    kind: typeof context === 'string' ? 'text' : Array.isArray(context) ? 'files' : 'json',
    of: { pieces: [] },
    parts: parts.length,
    length: whole.length,
    bytes: whole.length,
    lines: whole.split('\n').length,
    names: parts.slice(0, 20).map(({ name, text }) => ({ name, length: text.length })),
    head: whole.slice(0, 600),
    tail: whole.slice(600).slice(-300),
  };
}
