/** How many input tokens a model request has at most: known before it is sent, without a tokenizer (L1 of workflows/ledger/ledger.ts). */
import type { PromptText } from './context.ts';
import type { Json } from './json.ts';
import { TOKEN_BOUND } from './limits.ts';
import type { ModelMessage, ModelRequest } from './model-call.ts';

const { bytesPerUnit, perMessage, perRequest, perTool, perToolCall } = TOKEN_BOUND;

export function inputTokenBound({ system, messages, tools, toolSpecs, schema }: ModelRequest): number {
  let bound = perRequest + tools.length * perTool + utf8Bytes(system ?? '');
  if (toolSpecs !== undefined) bound += utf8Bytes(JSON.stringify(toolSpecs));
  if (schema !== null) bound += perTool + jsonBytes(schema);
  for (const message of messages) bound += perMessage + messageBytes(message);
  return bound;
}

/** Bytes of a text in UTF-8; a lone surrogate counts as the replacement that is sent for it. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // Each half of a pair stands for two of its four bytes; counting three for it is above the truth, never below.
    if (unit > 0x7f) bytes += unit > 0x7ff ? 2 : 1;
  }
  return bytes;
}

function messageBytes(message: ModelMessage): number {
  if (message.role === 'user') return promptBytes(message.text);
  if (message.role === 'tool') {
    return message.results.reduce((sum, { id, name, output }) => sum + perToolCall + utf8Bytes(id + name + output), 0);
  }
  const { text, toolCalls, raw } = message;
  const calls = toolCalls.reduce(
    (sum, { id, name, input }) => sum + perToolCall + utf8Bytes(id + name) + jsonBytes(input),
    0,
  );
  return utf8Bytes(text) + calls + (raw === undefined ? 0 : jsonBytes(raw));
}

/** A text that is passed by reference is known by its length only. */
function promptBytes(text: PromptText): number {
  if (typeof text === 'string') return utf8Bytes(text);
  return text.reduce(
    (sum, piece) => sum + (typeof piece === 'string' ? utf8Bytes(piece) : (piece.end - piece.start) * bytesPerUnit),
    0,
  );
}

function jsonBytes(value: Json): number {
  return utf8Bytes(JSON.stringify(value));
}
