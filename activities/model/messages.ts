/** Braid's messages ↔ the AI SDK's. */
import type { AssistantModelMessage, ModelMessage as SdkMessage, ToolModelMessage } from 'ai';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { ToolCall, ToolResult } from '../../protocol/model-call.ts';
import type { ResolvedMessage } from './prompt-texts.ts';

type ProviderOptions = NonNullable<AssistantModelMessage['providerOptions']>;

/** What a provider wants back unchanged with the next turn: signed or encrypted reasoning, and marks on tool calls. */
export interface RawParts {
  reasoning: { text: string; options: ProviderOptions }[];
  calls: { [id: string]: ProviderOptions };
}

/**
 * Every tool call gets a result and every result a call, as providers demand: a call without one (the run was cut
 * there) gets an error result, a result without its call is dropped.
 */
export function toSdkMessages(messages: readonly ResolvedMessage[]): SdkMessage[] {
  const out: SdkMessage[] = [];
  let open: ToolCall[] = [];
  for (const message of messages) {
    if (message.role === 'tool') {
      out.push(...toolMessage(open, message.results));
      open = [];
      continue;
    }
    out.push(...toolMessage(open, []));
    open = message.role === 'assistant' ? message.toolCalls : [];
    out.push(message.role === 'user' ? { role: 'user', content: message.text } : assistantMessage(message));
  }
  out.push(...toolMessage(open, []));
  return out;
}

export function rawOf(parts: RawParts): Json | undefined {
  if (parts.reasoning.length === 0 && Object.keys(parts.calls).length === 0) return undefined;
  return JSON.parse(JSON.stringify(parts)) as Json;
}

function assistantMessage(message: Extract<ResolvedMessage, { role: 'assistant' }>): AssistantModelMessage {
  const raw = parseRaw(message.raw);
  const content: Exclude<AssistantModelMessage['content'], string> = [];
  for (const part of raw.reasoning) content.push({ type: 'reasoning', text: part.text, providerOptions: part.options });
  if (message.text !== '' || message.toolCalls.length === 0)
    content.push({ type: 'text', text: message.text || '(no answer)' });
  for (const call of message.toolCalls) {
    const options = raw.calls[call.id];
    // Providers accept objects only; what the model wrote instead is kept for it to see.
    const input = isJsonObject(call.input) ? call.input : { invalidJson: call.input };
    content.push({
      type: 'tool-call',
      toolCallId: call.id,
      toolName: call.name,
      input,
      ...(options ? { providerOptions: options } : {}),
    });
  }
  return { role: 'assistant', content };
}

function toolMessage(calls: readonly ToolCall[], results: readonly ToolResult[]): ToolModelMessage[] {
  if (calls.length === 0) return [];
  const content = calls.map((call): ToolModelMessage['content'][number] => {
    const result = results.find((candidate) => candidate.id === call.id);
    const isError = result?.isError ?? true;
    const value = result?.output ?? 'This call was not executed.';
    return {
      type: 'tool-result',
      toolCallId: call.id,
      toolName: call.name,
      output: { type: isError ? 'error-text' : 'text', value },
    };
  });
  return [{ role: 'tool', content }];
}

function parseRaw(raw: Json | undefined): RawParts {
  const parts: RawParts = { reasoning: [], calls: {} };
  if (!isJsonObject(raw)) return parts;
  for (const part of Array.isArray(raw['reasoning']) ? raw['reasoning'] : []) {
    if (!isJsonObject(part) || typeof part['text'] !== 'string') continue;
    parts.reasoning.push({ text: part['text'], options: optionsOf(part['options']) });
  }
  for (const [id, options] of Object.entries(isJsonObject(raw['calls']) ? raw['calls'] : {}))
    parts.calls[id] = optionsOf(options);
  return parts;
}

function optionsOf(value: Json | undefined): ProviderOptions {
  const options: ProviderOptions = {};
  for (const [provider, inner] of Object.entries(isJsonObject(value) ? value : {})) {
    if (isJsonObject(inner)) options[provider] = inner;
  }
  return options;
}
