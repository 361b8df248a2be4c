import type { IncomingHttpHeaders } from 'node:http';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { isJsonObject } from '../../protocol/json.ts';

export interface SeenMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  text: string;
  toolCalls: { id: string; name: string; input: string }[];
  /** Of a tool's result: the call it answers. */
  callId: string | null;
}

/** One request as the provider saw it, in the same shape for both wire formats. */
export interface SeenRequest {
  /** 1 for the first request of this server. */
  n: number;
  wire: 'chat' | 'responses';
  model: string;
  system: string | null;
  messages: SeenMessage[];
  tools: { name: string; description: string; schema: Json }[];
  /** Schema of the `submit` tool, when it is offered. */
  schema: Json;
  toolChoice: Json;
  maxOutputTokens: number | null;
  temperature: number | null;
  effort: string | null;
  /** Without `authorization`. */
  headers: IncomingHttpHeaders;
  /** Whether a bearer key came with it; its value is not kept. */
  hasKey: boolean;
  body: JsonObject;
  /** True once the client closed the connection before the answer was complete. */
  closed: boolean;
  /** When the connection of its answer was done with, in ms since the epoch; null before. */
  endedAt: number | null;
  /** ms since the epoch. */
  at: number;
}

/** What the agent was asked: the first user message. */
export function promptOf(request: SeenRequest): string {
  return request.messages.find((message) => message.role === 'user')?.text ?? '';
}

/** Text of the newest message: a tool's result or a repair hint in later turns. */
export function lastOf(request: SeenRequest): string {
  return request.messages.at(-1)?.text ?? '';
}

export function parseRequest(
  n: number,
  wire: 'chat' | 'responses',
  headers: IncomingHttpHeaders,
  text: string,
): SeenRequest {
  const body = JSON.parse(text) as JsonObject;
  const { authorization, ...rest } = headers;
  const all = (wire === 'chat' ? body['messages'] : body['input']) as JsonObject[];
  const messages = all.map((item) => (wire === 'chat' ? chatMessage(item) : responsesItem(item)));
  const tools = ((body['tools'] ?? []) as JsonObject[]).map((tool) =>
    toolOf(wire === 'chat' ? (tool['function'] as JsonObject) : tool),
  );
  const reasoning = body['reasoning'];
  return {
    n,
    wire,
    model: stringOf(body['model']),
    system: messages.find((message) => message.role === 'system')?.text ?? null,
    messages: messages.filter((message) => message.role !== 'system'),
    tools,
    schema: tools.find((tool) => tool.name === 'submit')?.schema ?? null,
    toolChoice: body['tool_choice'] ?? null,
    maxOutputTokens: numberOf(body['max_tokens'] ?? body['max_completion_tokens'] ?? body['max_output_tokens']),
    temperature: numberOf(body['temperature']),
    effort: stringOf(isJsonObject(reasoning) ? reasoning['effort'] : body['reasoning_effort']) || null,
    headers: rest,
    hasKey: authorization !== undefined && /^Bearer \S+$/.test(authorization),
    body,
    closed: false,
    endedAt: null,
    at: Date.now(),
  };
}

function chatMessage(item: JsonObject): SeenMessage {
  const calls = (item['tool_calls'] ?? []) as { id: string; function: { name: string; arguments: string } }[];
  return {
    role: roleOf(item['role']),
    text: textOf(item['content']),
    toolCalls: calls.map((call) => ({ id: call.id, name: call.function.name, input: call.function.arguments })),
    callId: (item['tool_call_id'] as string | undefined) ?? null,
  };
}

function responsesItem(item: JsonObject): SeenMessage {
  if (item['type'] === 'function_call') {
    const call = { id: stringOf(item['call_id']), name: stringOf(item['name']), input: stringOf(item['arguments']) };
    return { role: 'assistant', text: '', toolCalls: [call], callId: null };
  }
  if (item['type'] === 'function_call_output') {
    return { role: 'tool', text: textOf(item['output']), toolCalls: [], callId: stringOf(item['call_id']) };
  }
  return { role: roleOf(item['role']), text: textOf(item['content']), toolCalls: [], callId: null };
}

function toolOf(tool: JsonObject): SeenRequest['tools'][number] {
  return {
    name: stringOf(tool['name']),
    description: stringOf(tool['description']),
    schema: tool['parameters'] ?? null,
  };
}

function roleOf(role: Json | undefined): SeenMessage['role'] {
  if (role === 'developer' || role === 'system') return 'system';
  return role === 'assistant' || role === 'tool' ? role : 'user';
}

function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (isJsonObject(part) ? stringOf(part['text']) : '')).join('');
}

function stringOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
