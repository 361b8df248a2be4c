import { ToolChoiceViolationError, type TextStreamPart, type ToolSet } from 'ai';
import type { ModelResponse, ToolCall } from '../../protocol/model-call.ts';
import type { Json } from '../../protocol/json.ts';
import type { RawParts } from './messages.ts';
import type { TokenCounts } from './price.ts';

/** One whole answer, before it is judged. */
export interface Collected {
  text: string;
  toolCalls: ToolCall[];
  /** Ids of tool calls whose input is no JSON; their `input` is the text the model wrote. */
  broken: Set<string>;
  finish: Extract<ModelResponse, { kind: 'message' }>['finish'];
  /** Null when the provider did not say. */
  counts: TokenCounts | null;
  requestId: string | null;
  raw: RawParts;
  warnings: string[];
}

/** The stream ended before the answer did. */
export class HalfStreamError extends Error {
  override name = 'HalfStreamError';
}

type Part = TextStreamPart<ToolSet>;

/**
 * Reads a stream of the AI SDK to its end.
 *
 * @param onPart called for every part with the characters of output in it
 * @throws the error the stream carries; HalfStreamError when it has no end
 */
export async function collect(stream: AsyncIterable<Part>, onPart: (chars: number) => void): Promise<Collected> {
  const out: Collected = {
    text: '',
    toolCalls: [],
    broken: new Set(),
    finish: 'other',
    counts: null,
    requestId: null,
    raw: { reasoning: [], calls: {} },
    warnings: [],
  };
  const reasoning = new Map<string, RawParts['reasoning'][number]>();
  let ended = false;
  for await (const part of stream) {
    onPart(charsOf(part));
    if (part.type === 'text-delta') out.text += part.text;
    else if (part.type === 'tool-call') takeCall(out, part);
    else if (part.type === 'start-step') out.warnings.push(...part.warnings.map(warningText));
    else if (part.type === 'finish-step') {
      ended = takeEnd(out, part);
    } else if (part.type === 'error') {
      // The model answered by text although a tool was demanded: the caller judges the text.
      if (!ToolChoiceViolationError.isInstance(part.error)) throw part.error;
      out.finish = 'stop';
    } else if (part.type.startsWith('reasoning')) takeReasoning(reasoning, part);
  }
  if (!ended) throw new HalfStreamError('the stream ended before the answer did');
  out.raw.reasoning = [...reasoning.values()].filter((entry) => Object.keys(entry.options).length > 0);
  return out;
}

function takeCall(out: Collected, part: Extract<Part, { type: 'tool-call' }>): void {
  const input = part.input as Json;
  out.toolCalls.push({ id: part.toolCallId, name: part.toolName, input });
  if (part.invalid === true && typeof input === 'string') out.broken.add(part.toolCallId);
  if (part.providerMetadata !== undefined) out.raw.calls[part.toolCallId] = part.providerMetadata;
}

/** Whether this is the end of a whole answer. */
function takeEnd(out: Collected, part: Extract<Part, { type: 'finish-step' }>): boolean {
  const { usage } = part;
  if (part.finishReason === 'interrupted') return false;
  if (out.finish === 'other') out.finish = part.finishReason;
  out.requestId = part.response.id ?? null;
  if (usage.inputTokens !== undefined || usage.outputTokens !== undefined) {
    out.counts = {
      inputTokens: usage.inputTokens ?? 0,
      outputTokens: usage.outputTokens ?? 0,
      cacheReadTokens: usage.inputTokenDetails.cacheReadTokens ?? 0,
      cacheWriteTokens: usage.inputTokenDetails.cacheWriteTokens ?? 0,
    };
  }
  return true;
}

function takeReasoning(open: Map<string, RawParts['reasoning'][number]>, part: Part): void {
  if (part.type !== 'reasoning-start' && part.type !== 'reasoning-delta' && part.type !== 'reasoning-end') return;
  const entry = open.get(part.id) ?? { text: '', options: {} };
  open.set(part.id, entry);
  if (part.type === 'reasoning-delta') entry.text += part.text;
  if (part.providerMetadata !== undefined) entry.options = part.providerMetadata;
}

function charsOf(part: Part): number {
  if (part.type === 'text-delta' || part.type === 'reasoning-delta') return part.text.length;
  return part.type === 'tool-input-delta' ? part.delta.length : 0;
}

export function warningText(warning: Extract<Part, { type: 'start-step' }>['warnings'][number]): string {
  if (warning.type === 'other' || warning.type === 'deprecated') return warning.message;
  return `${warning.feature}: ${warning.details ?? 'not supported by this model'}`;
}
