/**
 * A run of an RLM as streams and promises.
 *
 *  T1  `textStream` gives the final answer and nothing else: its pieces joined are `text`. There is no earlier moment to give it: an
 *      RLM's answer is a value of its REPL, not something its model writes token by token.
 *  T2  `steps` fills while the run goes on, one step for each turn that is over; the same steps come as events.
 *  T3  Streams are fed whether or not anybody reads them, and a failed run ends both with its error.
 */
import type { BraidError } from '../protocol/errors.ts';
import type { Usage } from '../protocol/outcome.ts';
import type { RunView } from '../protocol/view.ts';
import { stepsOf, type RlmStep } from './rlm-steps.ts';

export type RlmStreamEvent =
  | { type: 'start'; run: string }
  | { type: 'start-step'; iteration: number }
  /** A whole turn of the root's model at once, when it has been answered. */
  | { type: 'reasoning-delta'; iteration: number; text: string }
  /** The root runs a cell. */
  | { type: 'cell'; iteration: number; cell: number; code: string }
  | { type: 'finish-step'; step: RlmStep }
  | { type: 'text-delta'; text: string }
  | { type: 'finish'; text: string; iterations: number; llmCallCount: number; usage: RlmUsage }
  | { type: 'error'; error: unknown };

export interface RlmUsage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** Null when a price is unknown. */
  usd: number | null;
}

export interface RlmGenerateResult {
  text: string;
  /** The answer as a value: with a schema, what it describes. */
  value: unknown;
  /** Why the answer is not a regular final, or null. */
  partial: string | null;
  /** Turns of the root's loop. */
  iterations: number;
  /** Requests sent to models, those of the root and of everything below it. */
  llmCallCount: number;
  steps: RlmStep[];
  usage: RlmUsage;
  /** Id of the run: `braid show RUN` tells the rest. */
  run: string;
}

/** Characters of one piece of the answer. */
const PIECE = 1_024;

export class RlmStream {
  readonly run: string;
  /** Fills while the run goes on (T2). */
  readonly steps: RlmStep[] = [];
  /** The final answer in pieces (T1); also an async iterable. */
  readonly textStream: ReadableStream<string>;
  /** Everything that happens to the root; also an async iterable. */
  readonly fullStream: ReadableStream<RlmStreamEvent>;
  readonly result: Promise<RlmGenerateResult>;
  readonly #settled = Promise.withResolvers<RlmGenerateResult>();
  #text!: ReadableStreamDefaultController<string>;
  #events!: ReadableStreamDefaultController<RlmStreamEvent>;
  #turns = 0;
  #answered = 0;
  #cells = 0;

  constructor(run: string) {
    this.run = run;
    this.textStream = new ReadableStream({ start: (controller) => void (this.#text = controller) });
    this.fullStream = new ReadableStream({ start: (controller) => void (this.#events = controller) });
    this.result = this.#settled.promise;
    // Who reads a stream need not look at the promises.
    this.result.catch(() => undefined);
    this.#tell({ type: 'start', run });
  }

  get text(): Promise<string> {
    return this.#part((result) => result.text);
  }

  get usage(): Promise<RlmUsage> {
    return this.#part((result) => result.usage);
  }

  get iterations(): Promise<number> {
    return this.#part((result) => result.iterations);
  }

  get llmCallCount(): Promise<number> {
    return this.#part((result) => result.llmCallCount);
  }

  /** A newer view of the run. */
  take(view: RunView): void {
    const root = view.nodes[0];
    if (root === undefined) return;
    for (const step of stepsOf(view, this.steps.length)) {
      // What belongs to a step is told before its end.
      this.#progress(root, step.iteration);
      this.steps.push(step);
      this.#tell({ type: 'finish-step', step });
    }
    this.#progress(root, Number.POSITIVE_INFINITY);
  }

  finish(result: RlmGenerateResult): void {
    for (let at = 0; at < result.text.length; at += PIECE) {
      const text = result.text.slice(at, at + PIECE);
      this.#offer(this.#text, text);
      this.#tell({ type: 'text-delta', text });
    }
    const { text, iterations, llmCallCount, usage } = result;
    this.#tell({ type: 'finish', text, iterations, llmCallCount, usage });
    this.#close(this.#text);
    this.#close(this.#events);
    this.#settled.resolve(result);
  }

  fail(error: BraidError | Error): void {
    this.#tell({ type: 'error', error });
    this.#close(this.#events);
    try {
      this.#text.error(error);
    } catch {
      // Its reader has let go of it.
    }
    this.#settled.reject(error);
  }

  #progress({ turns, cells }: RunView['nodes'][number], upTo: number): void {
    for (;;) {
      const turn = turns[this.#turns];
      const answered = turns[this.#answered];
      const cell = cells[this.#cells];
      if (answered !== undefined && this.#answered < this.#turns && answered.text !== '') {
        this.#answered += 1;
        this.#tell({ type: 'reasoning-delta', iteration: answered.iteration, text: answered.text });
      } else if (cell !== undefined && cell.iteration <= Math.min(upTo, this.#turns) && cell.code !== '') {
        this.#cells += 1;
        this.#tell({ type: 'cell', iteration: cell.iteration, cell: cell.cell, code: cell.code });
      } else if (turn !== undefined && turn.iteration <= upTo) {
        this.#turns += 1;
        // A turn without a word has nothing to tell.
        if (this.#answered < this.#turns - 1) this.#answered = this.#turns - 1;
        this.#tell({ type: 'start-step', iteration: turn.iteration });
      } else return;
    }
  }

  #part<T>(of: (result: RlmGenerateResult) => T): Promise<T> {
    const part = this.result.then(of);
    part.catch(() => undefined);
    return part;
  }

  #tell(event: RlmStreamEvent): void {
    this.#offer(this.#events, event);
  }

  #offer<T>(controller: ReadableStreamDefaultController<T>, chunk: T): void {
    try {
      controller.enqueue(chunk);
    } catch {
      // Its reader has let go of it.
    }
  }

  #close(controller: ReadableStreamDefaultController): void {
    try {
      controller.close();
    } catch {
      // Its reader has let go of it.
    }
  }
}

export function usageForUsers({ inputTokens, outputTokens, usd }: Usage): RlmUsage {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, usd };
}
