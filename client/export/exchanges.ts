/** What was said in a run: the prompts and answers of one execution, which views leave in their blobs. */
import type { Client } from '@temporalio/client';
import { isTextRef, type TextRef } from '../../protocol/context.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { EXPORT } from '../../protocol/limits.ts';
import type { Store } from '../../store/blobs.ts';
import { largeText } from '../large-value.ts';
import type { DecodedEvent } from '../../histories/decoded.ts';
import { readHistory } from '../../histories/history.ts';
import { parseAnswer, parseTag } from '../view/parse.ts';
import { list, object, text } from '../../histories/parse-json.ts';
import { parseNodeEnd } from '../view/parse-rlm.ts';
import type { PayloadReader } from '../../histories/payloads.ts';

export interface SaidMessage {
  role: string;
  content: string;
}

export interface Exchange {
  messages: SaidMessage[];
  response: string;
}

export interface Exchanges {
  /** Answered requests of an address, in order. */
  of(address: string): Exchange[];
  /** What the program at an address gave to this one. */
  given(address: string): string | null;
}

/** Reads one execution's history, prompts and all. Throws BRAID_RUN_UNKNOWN, BRAID_SERVER_UNREACHABLE. */
export async function readExchanges(
  client: Client,
  workflowId: string,
  place: { payloads: PayloadReader; store: Store; run: string },
): Promise<Exchanges> {
  const book = new Book(place.run);
  for await (const page of readHistory(client, workflowId, { payloads: place.payloads, wait: false, prompts: true })) {
    for (const event of page) book.take(event);
  }
  const answered = new Map<string, Exchange[]>();
  for (const { address, request, response } of book.answered) {
    const messages = await messagesOf(request, place.store);
    answered.set(address, [...(answered.get(address) ?? []), { messages, response }]);
  }
  return { of: (address) => answered.get(address) ?? [], given: (address) => book.given.get(address) ?? null };
}

class Book {
  readonly answered: { address: string; request: Json; response: string }[] = [];
  readonly given = new Map<string, string>();
  readonly #asked = new Map<number, { address: string; request: Json }>();
  readonly #children = new Map<number, string>();
  readonly #run: string;

  constructor(run: string) {
    this.#run = run;
  }

  take(event: DecodedEvent): void {
    if (event.type === 'activityScheduled' && event.activity === 'model') {
      const address = parseTag(event.tag)?.address ?? event.activityId;
      this.#asked.set(event.id, { address, request: event.request ?? null });
    }
    if (event.type === 'activityCompleted') {
      const asked = this.#asked.get(event.scheduledId);
      const answer = parseAnswer(event.result);
      if (asked !== undefined && !answer.rateLimited)
        this.answered.push({ ...asked, response: responseOf(event.result) });
    }
    // Children's ids end in their addresses.
    if (event.type === 'childInitiated') this.#children.set(event.id, event.workflowId.slice(this.#run.length + 1));
    if (event.type === 'childCompleted') {
      const address = this.#children.get(event.initiatedId);
      if (address !== undefined) this.given.set(address, valueText(event.result));
    }
  }
}

/** A structured answer is in the call of `submit`. */
function responseOf(result: Json): string {
  const { submit } = object(result);
  return isJsonObject(submit) ? JSON.stringify(submit.value ?? submit.input ?? null) : parseAnswer(result).text;
}

function valueText(result: Json): string {
  const end = parseNodeEnd(result);
  if (end !== null) return end.large?.preview ?? asText(end.value);
  const inner = object(result);
  return asText(object(inner.result ?? null).value ?? inner.value ?? null);
}

export function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function messagesOf(request: Json, store: Store): Promise<SaidMessage[]> {
  const { system, messages } = object(request);
  const said = await Promise.all(list(messages).map(async (message) => messageOf(object(message), store)));
  return typeof system === 'string' ? [{ role: 'system', content: system }, ...said] : said;
}

async function messageOf(message: { [key: string]: Json }, store: Store): Promise<SaidMessage> {
  if (message.role === 'tool') {
    // The format knows system, user and assistant.
    const outputs = list(message.results).map((result) => text(object(result).output) ?? '');
    return { role: 'user', content: outputs.join('\n\n') };
  }
  const code = list(message.toolCalls).flatMap((call) => text(object(object(call).input ?? null).code) ?? []);
  const pieces = [await wholeText(message.text ?? '', store), ...code.map((cell) => `\`\`\`js\n${cell}\n\`\`\``)];
  return { role: text(message.role) ?? 'user', content: pieces.filter((piece) => piece !== '').join('\n\n') };
}

/** A prompt's text with what it refers to, each piece cut at {@link EXPORT}. */
async function wholeText(prompt: Json, store: Store): Promise<string> {
  if (typeof prompt === 'string') return prompt;
  const pieces = list(prompt).map(async (piece) => (isTextRef(piece) ? referred(piece, store) : (text(piece) ?? '')));
  return (await Promise.all(pieces)).join('');
}

async function referred(ref: TextRef, store: Store): Promise<string> {
  const whole = ref.end - ref.start;
  const shown = { ...ref, end: Math.min(ref.end, ref.start + EXPORT.textChars) };
  let found = '';
  try {
    for await (const piece of largeText({ text: shown }, store)) found += piece;
  } catch {
    return `[${whole} characters that are not in this store]`;
  }
  return whole > EXPORT.textChars ? `${found}\n[${whole - EXPORT.textChars} characters more]` : found;
}
