import type { Json } from '../../protocol/json.ts';
import type { SeenRequest } from './request.ts';

/**
 * How the provider answers one request. A plain string is a text answer. `reasoning` is an encrypted reasoning item before
 * the answer (Responses API only).
 */
export type Reply =
  | string
  | ((
      | { text: string; toolCalls?: ScriptedCall[] }
      | { toolCalls: ScriptedCall[]; text?: string }
      /** Calls the `submit` tool with this value. */
      | { submit: Json }
      /** Any HTTP answer that is no stream: errors, HTML. */
      | { status: number; headers?: Record<string, string>; body?: Json }
      /** Says nothing: no headers, no first token, or no token after `text`. */
      | { hang: 'headers' | 'stream' | 'middle'; text?: string }
      /** A 200 whose body is this, as the named type (default text/event-stream). */
      | { garbage: string; type?: string }
      /** Streams this text, then the connection is cut (`cut`) or ends without a finish (`end`). */
      | { halfStream: string; how?: 'cut' | 'end' }
      /** An error event inside the stream, after some text. */
      | { streamError: Json; text?: string }
    ) & {
      /** Of the response, for example what is left of a minute's budget. */
      headers?: Record<string, string>;
      delayMs?: number;
      chunkMs?: number;
      usage?: { input: number; output: number } | null;
      finish?: string;
      id?: string;
      reasoning?: string;
    });

export interface ScriptedCall {
  name: string;
  /** A string is sent as it stands, so that broken JSON can be tested. */
  input: Json;
  id?: string;
}

/** Called for every request, in order of arrival; `n` is 1 for the first. */
export type ProviderScript = (request: SeenRequest, n: number) => Reply | Promise<Reply>;

/** A streamed answer, the same for both wire formats. */
export interface Answer {
  id: string;
  text: string;
  toolCalls: { id: string; name: string; input: string }[];
  usage: { input: number; output: number } | null;
  finish: string | null;
  reasoning: string | null;
}

/** The streamed part of a reply; null for replies that are no stream. */
export function answerOf(request: SeenRequest, reply: Exclude<Reply, string>): Answer {
  const scripted =
    'submit' in reply ? [{ name: 'submit', input: reply.submit }] : 'toolCalls' in reply ? (reply.toolCalls ?? []) : [];
  const toolCalls = scripted.map((call: ScriptedCall, index) => ({
    id: call.id ?? `call_${request.n}_${index}`,
    name: call.name,
    input: typeof call.input === 'string' ? call.input : JSON.stringify(call.input),
  }));
  const text = 'halfStream' in reply ? reply.halfStream : 'text' in reply ? (reply.text ?? '') : '';
  const output = text.length + toolCalls.reduce((sum, call) => sum + call.input.length, 0);
  return {
    id: reply.id ?? `resp_${request.n}`,
    text,
    toolCalls,
    usage:
      reply.usage === undefined
        ? { input: tokens(JSON.stringify(request.body).length), output: tokens(output) }
        : reply.usage,
    finish: reply.finish ?? null,
    reasoning: reply.reasoning ?? null,
  };
}

function tokens(chars: number): number {
  return Math.ceil(chars / 4);
}
