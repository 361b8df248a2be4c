/**
 * `RLMAgent` in the shape that people know from ai-rlm, on Braid's runtime: each call is a durable run. The server and the worker
 * are those of `braid run`; keys of providers are the worker's, which takes them from this environment when it is started here.
 */
import { BraidError } from '../protocol/errors.ts';
import { isErrorCode } from '../protocol/error-table.ts';
import type { Json, JsonObject } from '../protocol/json.ts';
import type { RunResult } from '../protocol/outcome.ts';
import type { RunView } from '../protocol/view.ts';
import { Braid, type RlmContext, type RlmRunOptions } from './braid.ts';
import { plainLine } from './render/plain.ts';
import { safeText } from './render/sanitize.ts';
import { modelNameOf, type ModelLike } from './rlm-models.ts';
import { stepsOf } from './rlm-steps.ts';
import { RlmStream, usageForUsers, type RlmGenerateResult } from './rlm-stream.ts';
import { EventFeed } from './view/events.ts';
import type { RunHandle } from './run-handle.ts';

export interface RLMAgentSettings {
  /** Model of the loop: `provider/model`, or a model object of `@ai-sdk/openai`. */
  model: ModelLike;
  /** Model of sub-calls; the same when not given. */
  subModel?: ModelLike;
  /** Turns of the root's loop (20). */
  maxIterations?: number;
  /** Calls that cells may make, in the whole tree (50). */
  maxLLMCalls?: number;
  /** Levels of recursion (1). */
  maxDepth?: number;
  /** Output tokens of the whole tree. */
  maxOutputTokens?: number;
  /** JSON Schema of the answer. */
  outputSchema?: JsonObject;
  /** Added to the root's instructions. */
  system?: string;
  /** Tell on standard error what happens. */
  verbose?: boolean;
}

export interface RLMAgentCall {
  /** A text, `{file}` or `{files}` to be read where this runs, or any JSON value. */
  context?: RlmContext;
  query: string;
  /** Cancels the run. */
  abortSignal?: AbortSignal;
  /** The same id and the same input attach to the run that is there: how to come back after this process died. */
  id?: string;
}

const KNOWN: ReadonlySet<string> = new Set<keyof RLMAgentSettings>([
  ...(['model', 'subModel', 'maxIterations', 'maxLLMCalls', 'maxDepth', 'maxOutputTokens', 'outputSchema'] as const),
  ...(['system', 'verbose'] as const),
]);

export class RLMAgent {
  readonly #settings: RLMAgentSettings;
  readonly #options: RlmRunOptions;

  /** Errors: BRAID_OPTION for a setting that is not there, or a model that a worker cannot have. */
  constructor(settings: RLMAgentSettings) {
    for (const name of Object.keys(settings)) {
      if (KNOWN.has(name)) continue;
      throw new BraidError('BRAID_OPTION', `RLMAgent has no setting ${name}.`, {
        fix: `There are: ${[...KNOWN].join(', ')}.`,
      });
    }
    this.#settings = settings;
    this.#options = optionsOf(settings);
  }

  /** Runs to the end. Rejects with a BraidError when there is no answer; one cut short by a limit is `partial`. */
  async generate(call: RLMAgentCall): Promise<RlmGenerateResult> {
    return (await this.stream(call)).result;
  }

  /** Resolves when the run has been started. See {@link RlmStream} for what is streamed. */
  async stream({ context, query, abortSignal, id }: RLMAgentCall): Promise<RlmStream> {
    const say =
      this.#settings.verbose === true ? (line: string) => void process.stderr.write(`${safeText(line)}\n`) : undefined;
    const braid = await Braid.connect(say === undefined ? {} : { progress: say });
    try {
      abortSignal?.throwIfAborted();
      const more = { ...(context === undefined ? {} : { context }), ...(id === undefined ? {} : { id }) };
      const handle = await braid.rlm(query, { ...this.#options, ...more });
      const stream = new RlmStream(handle.id);
      void this.#follow(handle, stream, abortSignal, say)
        .then(() => braid.close())
        .catch(() => undefined);
      return stream;
    } catch (error) {
      await braid.close();
      throw error;
    }
  }

  async #follow(
    handle: RunHandle,
    stream: RlmStream,
    abort: AbortSignal | undefined,
    say: ((line: string) => void) | undefined,
  ): Promise<void> {
    const cancel = (): void => void handle.cancel().catch(() => undefined);
    abort?.addEventListener('abort', cancel, { once: true });
    const feed = new EventFeed();
    try {
      let last: RunView | null = null;
      for await (const view of handle.watch()) {
        last = view;
        if (say !== undefined) for (const event of feed.next(view)) say(plainLine(event));
        stream.take(view);
      }
      if (last === null) last = await handle.view();
      stream.finish(resultFor(last, await handle.resultOf(last)));
    } catch (error) {
      stream.fail(error instanceof Error ? error : new Error(String(error)));
    } finally {
      abort?.removeEventListener('abort', cancel);
    }
  }
}

function optionsOf(settings: RLMAgentSettings): RlmRunOptions {
  const {
    model,
    subModel,
    maxIterations,
    maxLLMCalls = 50,
    maxDepth,
    maxOutputTokens,
    outputSchema,
    system,
  } = settings;
  return {
    model: modelNameOf(model, 'model'),
    ...(subModel === undefined ? {} : { subModel: modelNameOf(subModel, 'subModel') }),
    ...(maxIterations === undefined ? {} : { iterations: maxIterations }),
    ...(maxDepth === undefined ? {} : { depth: maxDepth }),
    ...(outputSchema === undefined ? {} : { schema: outputSchema }),
    ...(system === undefined ? {} : { system }),
    limits: { maxCalls: maxLLMCalls, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) },
    workspace: false,
  };
}

/** Throws what a run without an answer failed with. */
function resultFor(view: RunView, result: RunResult): RlmGenerateResult {
  const { error, status } = result;
  if (error !== null) {
    const code = isErrorCode(error.code) ? error.code : 'BRAID_INTERNAL';
    throw new BraidError(code, error.message, error.fix === undefined ? {} : { fix: error.fix });
  }
  if (status === 'cancelled') throw new BraidError('BRAID_CALL_CANCELLED', `The run ${result.run} was cancelled.`);
  return {
    text: textOf(result.value, view),
    value: result.value,
    partial: result.partial ?? null,
    iterations: result.iterations ?? 0,
    llmCallCount: result.usage.requests,
    steps: stepsOf(view),
    usage: usageForUsers(result.usage),
    run: result.run,
  };
}

function textOf(value: Json, { large }: RunView): string {
  if (value === null) return large?.preview ?? '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
