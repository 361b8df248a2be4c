/** One request to a provider: streamed, watched, collected. */
import { jsonSchema, streamText, tool, type ToolSet } from 'ai';
import type { JsonObject } from '../../protocol/json.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { ModelHeartbeat } from '../../protocol/model-call.ts';
import { collect, HalfStreamError, type Collected } from './collect.ts';
import { toSdkMessages } from './messages.ts';
import { askPlainly, plainModel } from './plain.ts';
import type { ResolvedRequest } from './prompt-texts.ts';
import type { ResolveModel } from './registry.ts';
import { SUBMIT, SUBMIT_DESCRIPTION } from './submit.ts';
import { watchWire, type WireWatch } from './wire-watch.ts';

// Warnings of the AI SDK travel with the answer as notes; on a worker's stderr nobody would connect them to a call.
globalThis.AI_SDK_LOG_WARNINGS = false;

/** What a model is told of a tool. */
export interface ToolSpec {
  description: string;
  inputSchema: JsonObject;
}

export type ToolSpecs = { [name: string]: ToolSpec };

export interface AskOptions {
  request: ResolvedRequest;
  toolSpecs: ToolSpecs;
  env: NodeJS.ProcessEnv;
  resolve: ResolveModel;
  signal: AbortSignal;
  /** Counts the request; called right before it leaves. */
  markSent: () => Promise<number>;
  /** Told when the response begins. */
  began?: (response: Response) => void;
  progress: ModelHeartbeat;
}

/** How the request ended, with what only the wire knows. */
export type Asked =
  | { ok: true; answer: Collected; provider: string; modelId: string }
  | { ok: false; error: unknown; notAStream: string | null; streamed: boolean };

export async function ask(options: AskOptions): Promise<Asked> {
  const { request } = options;
  let sent: Promise<void> | undefined;
  const watch = watchWire({
    stallMs: request.stallMs,
    wholeMs: LIMITS.requestMs,
    signal: options.signal,
    beforeSend: () => (sent ??= announce(options)),
    ...(options.began === undefined ? {} : { began: options.began }),
  });
  const output = { chars: 0 };
  try {
    const resolved = await options.resolve(request.model, { env: options.env, fetch: watch.fetch });
    if (resolved.offline) await (sent ??= announce(options));
    const answer = await Promise.race([stream(options, resolved, watch, output), watch.cut]);
    return { ok: true, answer, provider: resolved.provider, modelId: resolved.modelId };
  } catch (error) {
    // Without a finish there is nothing to be read out of `error`; the wire tells whether there was a stream at all.
    const notAStream = options.signal.aborted ? null : watch.notAStream();
    return {
      ok: false,
      error,
      notAStream: error instanceof HalfStreamError ? notAStream : null,
      streamed: output.chars > 0,
    };
  } finally {
    watch.stop();
  }
}

async function announce({ progress, markSent }: AskOptions): Promise<void> {
  progress.requests = await markSent();
  progress.state = 'sent';
}

async function stream(
  options: AskOptions,
  resolved: Awaited<ReturnType<ResolveModel>>,
  watch: WireWatch,
  output: { chars: number },
): Promise<Collected> {
  const { request, progress } = options;
  const onPart = (chars: number): void => {
    watch.alive();
    if (chars === 0) return;
    output.chars += chars;
    progress.state = 'streaming';
    progress.outputTokens = Math.ceil(output.chars / 4);
  };
  const plain = plainModel(resolved.model, request);
  if (plain !== null) {
    const answer = askPlainly(plain, request, { signal: watch.signal, onPart });
    answer.catch(() => undefined); // the wire may have been cut first
    return answer;
  }
  const { tools, toolChoice, missing } = offeredTools(request, { ...specsOf(request), ...options.toolSpecs });
  const result = streamText({
    model: resolved.model,
    messages: toSdkMessages(request.messages),
    ...(request.system === null ? {} : { system: request.system }),
    ...(tools === undefined ? {} : { tools, toolChoice }),
    ...(request.temperature === null ? {} : { temperature: request.temperature }),
    ...(request.effort === null ? {} : { reasoning: request.effort }),
    maxOutputTokens: request.maxOutputTokens,
    maxRetries: 0,
    abortSignal: watch.signal,
    // No state on the provider's side: a run must not depend on it, and compatible servers have none. Reasoning travels
    // encrypted with the messages instead.
    providerOptions: { openai: { store: false } },
    onError: () => undefined, // the stream carries it
  });
  const collected = collect(result.stream, onPart);
  collected.catch(() => undefined); // the wire may have been cut first
  const answer = await collected;
  answer.warnings.push(...missing.map((name) => `This worker has no tool "${name}".`));
  return answer;
}

/** Tools that the request itself describes; Braid's own have the last word about their names. */
function specsOf({ toolSpecs = [] }: ResolvedRequest): ToolSpecs {
  return Object.fromEntries(
    toolSpecs.map(({ name, description, inputSchema }) => [name, { description, inputSchema }]),
  );
}

function offeredTools(
  request: ResolvedRequest,
  specs: ToolSpecs,
): { tools: ToolSet | undefined; toolChoice: 'auto' | 'required'; missing: string[] } {
  const tools: ToolSet = {};
  const missing: string[] = [];
  for (const name of request.tools) {
    const spec = specs[name];
    if (spec === undefined) missing.push(name);
    else tools[name] = offered(spec.description, spec.inputSchema);
  }
  const others = Object.keys(tools).length;
  if (request.schema !== null) tools[SUBMIT] = offered(SUBMIT_DESCRIPTION, request.schema);
  const none = Object.keys(tools).length === 0;
  return {
    tools: none ? undefined : tools,
    toolChoice: request.schema !== null && others === 0 ? 'required' : 'auto',
    missing,
  };
}

/** Not strict: providers would rewrite the schema (every property required, no others) and so change what is asked for. */
function offered(description: string, schema: JsonObject): ToolSet[string] {
  return tool({ description, inputSchema: jsonSchema(schema), strict: false });
}
