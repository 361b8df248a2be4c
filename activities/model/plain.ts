/**
 * A plain request, texts only and no tools, straight to the provider's model by the interface that all AI SDK providers implement.
 * `streamText` wraps the same stream in six more, which costs more than the request itself (2.2 of 3.8 ms CPU, measured with 500
 * sub-calls at once); what it adds, tools and steps, a plain request has no use for.
 */
import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { StreamProviderError, type LanguageModel } from 'ai';
import { isJsonObject, parseJson } from '../../protocol/json.ts';
import { HalfStreamError, warningText, type Collected } from './collect.ts';
import type { ResolvedRequest } from './prompt-texts.ts';

/** The model, if this request may go to it directly; null when it needs the whole AI SDK. */
export function plainModel(model: LanguageModel, request: ResolvedRequest): LanguageModelV4 | null {
  const { tools, schema, messages } = request;
  const texts = messages.every(
    (message) =>
      message.role === 'user' ||
      (message.role === 'assistant' && message.toolCalls.length === 0 && message.raw === undefined),
  );
  if (tools.length > 0 || schema !== null || !texts) return null;
  return typeof model === 'object' && model.specificationVersion === 'v4' ? model : null;
}

/** As `collect` of collect.ts, over the provider's own parts. */
export async function askPlainly(
  model: LanguageModelV4,
  request: ResolvedRequest,
  options: { signal: AbortSignal; onPart: (chars: number) => void },
): Promise<Collected> {
  const { system, messages, temperature, effort, maxOutputTokens } = request;
  const { stream } = await model.doStream({
    prompt: [
      ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
      ...messages.map((message) => ({
        role: message.role === 'user' ? ('user' as const) : ('assistant' as const),
        content: [{ type: 'text' as const, text: message.role === 'tool' ? '' : message.text || '(no answer)' }],
      })),
    ],
    ...(temperature === null ? {} : { temperature }),
    ...(effort === null ? {} : { reasoning: effort }),
    maxOutputTokens,
    abortSignal: options.signal,
    // As in ask.ts: no state on the provider's side.
    providerOptions: { openai: { store: false } },
  });
  const answer = new PlainAnswer();
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    options.onPart('delta' in value ? value.delta.length : 0);
    answer.take(value);
  }
  return answer.whole();
}

class PlainAnswer {
  private readonly out: Collected = {
    text: '',
    toolCalls: [],
    broken: new Set(),
    finish: 'other',
    counts: null,
    requestId: null,
    raw: { reasoning: [], calls: {} },
    warnings: [],
  };
  private ended = false;

  take(part: LanguageModelV4StreamPart): void {
    const { out } = this;
    if (part.type === 'text-delta') out.text += part.delta;
    else if (part.type === 'tool-call') this.takeCall(part);
    else if (part.type === 'stream-start') out.warnings.push(...part.warnings.map(warningText));
    else if (part.type === 'response-metadata') out.requestId = part.id ?? out.requestId;
    else if (part.type === 'finish') this.takeEnd(part);
    else if (part.type === 'error') throw streamError(part.error);
  }

  whole(): Collected {
    if (!this.ended) throw new HalfStreamError('the stream ended before the answer did');
    return this.out;
  }

  /** A tool that nobody offered: the loop tells the model so. */
  private takeCall(part: Extract<LanguageModelV4StreamPart, { type: 'tool-call' }>): void {
    const { toolCallId: id, toolName: name, input: text } = part;
    const input = parseJson(text);
    this.out.toolCalls.push({ id, name, input: input ?? text });
    if (input === undefined) this.out.broken.add(id);
  }

  private takeEnd({ finishReason, usage }: Extract<LanguageModelV4StreamPart, { type: 'finish' }>): void {
    this.ended = finishReason.unified !== 'interrupted';
    if (finishReason.unified !== 'interrupted') this.out.finish = finishReason.unified;
    const { inputTokens, outputTokens } = usage;
    if (inputTokens.total === undefined && outputTokens.total === undefined) return;
    this.out.counts = {
      inputTokens: inputTokens.total ?? 0,
      outputTokens: outputTokens.total ?? 0,
      cacheReadTokens: inputTokens.cacheRead ?? 0,
      cacheWriteTokens: inputTokens.cacheWrite ?? 0,
    };
  }
}

/** An error event of a provider as the AI SDK would throw it: its words decide whether to wait or to give up (classify.ts). */
function streamError(error: unknown): unknown {
  if (!isJsonObject(error)) return error;
  const details = isJsonObject(error['error']) ? error['error'] : error;
  const { message, type, code, statusCode } = { ...error, ...details };
  if (typeof message !== 'string') return error;
  return new StreamProviderError({
    message,
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof statusCode === 'number' ? { statusCode } : {}),
    data: error,
  });
}
