/** Braid's own models behind the AI SDK's interface: a program reads the conversation and says what comes next. */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json, JsonObject } from '../../protocol/json.ts';

/** A finished tool call of the conversation. */
export interface ToolTurn {
  name: string;
  input: Json;
  output: string;
  isError: boolean;
}

/** All that a rule program may decide from: what a model would have been shown. */
export interface Conversation {
  system: string;
  /** Texts of the user, oldest first. */
  user: string[];
  turns: ToolTurn[];
  /** Names of the tools on offer. */
  tools: ReadonlySet<string>;
  /** Input schema of `submit`, when it is on offer. */
  submitSchema: JsonObject | null;
}

export interface RuleAnswer {
  text?: string;
  calls?: { name: string; input: Json }[];
}

export type RuleProgram = (conversation: Conversation) => RuleAnswer | Promise<RuleAnswer>;

const CHARS_PER_TOKEN = 4;

export function ruleModel(modelId: string, program: RuleProgram, options: { latencyMs: number }): LanguageModelV4 {
  async function run(call: LanguageModelV4CallOptions): Promise<{ answer: RuleAnswer; usage: LanguageModelV4Usage }> {
    if (options.latencyMs > 0)
      await sleep(options.latencyMs, undefined, call.abortSignal ? { signal: call.abortSignal } : {});
    const answer = await program(conversationOf(call));
    return { answer, usage: usageOf(JSON.stringify([call.prompt, call.tools ?? []]), JSON.stringify(answer)) };
  }
  return {
    specificationVersion: 'v4',
    provider: 'braid.offline',
    modelId: `offline/${modelId}`,
    supportedUrls: {},
    async doStream(call) {
      const { answer, usage } = await run(call);
      const parts = streamParts(answer, callCount(call), usage);
      return {
        stream: new ReadableStream<LanguageModelV4StreamPart>({
          start(controller) {
            for (const part of parts) controller.enqueue(part);
            controller.close();
          },
        }),
      };
    },
    async doGenerate(call): Promise<LanguageModelV4GenerateResult> {
      const { answer, usage } = await run(call);
      const calls = toolCallParts(answer, callCount(call));
      return {
        content: [...(answer.text === undefined ? [] : [{ type: 'text' as const, text: answer.text }]), ...calls],
        finishReason: finishOf(answer),
        usage,
        warnings: [],
      };
    },
  };
}

function streamParts(answer: RuleAnswer, before: number, usage: LanguageModelV4Usage): LanguageModelV4StreamPart[] {
  const parts: LanguageModelV4StreamPart[] = [{ type: 'stream-start', warnings: [] }];
  if (answer.text !== undefined) {
    parts.push(
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: answer.text },
      { type: 'text-end', id: '0' },
    );
  }
  parts.push(...toolCallParts(answer, before), { type: 'finish', finishReason: finishOf(answer), usage });
  return parts;
}

/** Ids count on through the conversation, so that they are unique in it and the same in every run. */
function toolCallParts(answer: RuleAnswer, before: number) {
  return (answer.calls ?? []).map((call, index) => ({
    type: 'tool-call' as const,
    toolCallId: `call-${before + index + 1}`,
    toolName: call.name,
    input: JSON.stringify(call.input),
  }));
}

function finishOf(answer: RuleAnswer): LanguageModelV4GenerateResult['finishReason'] {
  return { unified: (answer.calls ?? []).length > 0 ? 'tool-calls' : 'stop', raw: undefined };
}

function usageOf(input: string, output: string): LanguageModelV4Usage {
  const inputTokens = Math.ceil(input.length / CHARS_PER_TOKEN);
  const outputTokens = Math.ceil(output.length / CHARS_PER_TOKEN);
  return {
    inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: outputTokens, text: outputTokens, reasoning: 0 },
  };
}

function callCount(call: LanguageModelV4CallOptions): number {
  return call.prompt.reduce(
    (sum, message) => sum + (message.role === 'assistant' ? message.content.filter(isCall).length : 0),
    0,
  );
}

function conversationOf(call: LanguageModelV4CallOptions): Conversation {
  const conversation: Conversation = { system: '', user: [], turns: [], tools: new Set(), submitSchema: null };
  const tools = new Set<string>();
  for (const tool of call.tools ?? []) {
    if (tool.type !== 'function') continue;
    if (tool.name === 'submit') conversation.submitSchema = tool.inputSchema as JsonObject;
    else tools.add(tool.name);
  }
  conversation.tools = tools;
  const open = new Map<string, { name: string; input: Json }>();
  for (const message of call.prompt) readMessage(conversation, open, message);
  return conversation;
}

function readMessage(
  conversation: Conversation,
  open: Map<string, { name: string; input: Json }>,
  message: LanguageModelV4Message,
): void {
  if (message.role === 'system') conversation.system += message.content;
  if (message.role === 'user') {
    conversation.user.push(message.content.map((part) => (part.type === 'text' ? part.text : '')).join(''));
  }
  if (message.role === 'assistant') {
    for (const part of message.content) {
      if (isCall(part)) open.set(part.toolCallId, { name: part.toolName, input: part.input as Json });
    }
  }
  if (message.role !== 'tool') return;
  for (const part of message.content) {
    if (part.type !== 'tool-result') continue;
    const { output } = part;
    const text = output.type === 'text' || output.type === 'error-text' ? output.value : JSON.stringify(output);
    const asked = open.get(part.toolCallId) ?? { name: part.toolName, input: null };
    conversation.turns.push({ ...asked, output: text, isError: output.type.startsWith('error') });
  }
}

function isCall<P extends { type: string }>(part: P): part is Extract<P, { type: 'tool-call' }> {
  return part.type === 'tool-call';
}
