/** Histories of recursive language models, as the workflow `rlm` leaves them. */
import type { Json } from '../../../protocol/json.ts';
import type { Usage } from '../../../protocol/outcome.ts';
import type { RunView } from '../../../protocol/view.ts';
import { History, message, SCRIPT_INPUT, T0 } from './histories.ts';

export const QUESTION = 'Which module has the most errors?';

export function rlmInput(extra: { [key: string]: Json } = {}): { [key: string]: Json } {
  const { limits, workspace } = SCRIPT_INPUT;
  return {
    name: QUESTION,
    question: QUESTION,
    asked: { head: QUESTION, length: QUESTION.length },
    context: {
      kind: 'text',
      of: { manifest: 'a'.repeat(64) },
      parts: 1,
      length: 1_200_000,
      bytes: 1_200_400,
      lines: 30_000,
      names: [{ name: 'log.txt', length: 1_200_000 }],
      head: 'first',
      tail: 'last',
    },
    rlm: { model: 'openai/root', subModel: 'openai/leaf', maxIterations: 20, depth: 1 },
    models: { main: 'openai/root', sub: 'openai/leaf', aliases: {} },
    limits: limits,
    workspace: workspace,
    ...extra,
  };
}

export function usageJson(extra: Partial<Usage> = {}): { [key: string]: Json } {
  const none = { calls: 0, requests: 0, replayed: 0, failed: 0, refused: 0, inputTokens: 0, outputTokens: 0, usd: 0 };
  return { ...none, ...extra };
}

export function rlmResult(extra: { [key: string]: Json } = {}): { [key: string]: Json } {
  return {
    ...{ status: 'completed', value: 'auth', large: null, partial: null, error: null, iterations: 2 },
    ...{ usage: usageJson(), outcomes: [], notes: [], unreported: null },
    ...extra,
  };
}

export function tag(address: string, extra: { [key: string]: Json } = {}): { address: string; turn: number } {
  return { address, label: address, phase: null, model: 'openai/leaf', turn: 0, ...extra } as {
    address: string;
    turn: number;
  };
}

/** One execution of an RLM: `root`, or a node below it by its address. */
export class RlmHistory extends History {
  readonly node: string;
  #turns = 0;
  #cells = 0;

  constructor(node = 'root', at: number = T0) {
    super(at);
    this.node = node;
  }

  open(input: Json = rlmInput()): this {
    this.add({ type: 'started', workflowType: 'rlm', taskQueue: 'braid-test', input });
    return this.task();
  }

  /** A turn of the loop: the model is asked and answers. */
  turn(text: string, extra: { [key: string]: Json } = {}): this {
    this.answer(this.turnAsked(), message({ text, ...extra }));
    return this.task();
  }

  turnAsked(): number {
    this.#turns += 1;
    return this.add({
      type: 'activityScheduled',
      activity: 'model',
      activityId: `${this.node}#${this.#turns}`,
      tag: tag(this.node, { model: 'openai/root' }),
    });
  }

  /** A cell begins; `result` is what its first step gives. */
  cell(code: string, result: { [key: string]: Json } = {}): this {
    this.#cells += 1;
    return this.step(`cell:${this.#cells}`, result, { turn: { kind: 'cell', cell: this.#cells, code } });
  }

  /** Answers are given to the cell at work. */
  settle(k: number, result: { [key: string]: Json } = {}): this {
    return this.step(`cell:${this.#cells}.${k}`, result, { turn: { kind: 'settle' } });
  }

  step(id: string, result: { [key: string]: Json }, request: Json): this {
    const scheduledId = this.stepAsked(id, request);
    this.begin(scheduledId);
    this.add({ type: 'activityCompleted', scheduledId, result: { ...ran(), ...result } });
    return this.task();
  }

  stepAsked(id: string, request: Json): number {
    const activityId = `${this.node}/${id}`;
    return this.add({ type: 'activityScheduled', activity: 'replStep', activityId, tag: tag(activityId), request });
  }

  /** A child program is started, and its first task is given out. */
  child(address: string, input: Json, workflowType = 'rlm'): number {
    const id = this.add({ type: 'childInitiated', workflowId: `run-1/${address}`, workflowType, input });
    this.add({ type: 'childStarted', initiatedId: id });
    return id;
  }
}

function ran(extra: { [key: string]: Json } = {}): { [key: string]: Json } {
  return {
    ...{ kind: 'ran', queue: 'q', state: 'idle', calls: [], eager: false, output: '', outputChars: 0, error: null },
    ...{ undone: false, faults: [], final: null, hints: [], variables: [], gas: 1_000, memory: 1, ms: 5 },
    ...extra,
  };
}

/** What every call and the root's own requests cost, added up by hand. */
export function sumOf(v: RunView): { calls: number; requests: number; inputTokens: number } {
  const [root] = v.nodes;
  const turns = root?.turns ?? [];
  const all = [...v.calls, ...turns.map((turn) => ({ ...turn.usage, requests: turn.requests }))];
  return {
    calls: v.calls.length,
    requests: all.reduce((sum, { requests }) => sum + requests, 0),
    inputTokens: all.reduce((sum, { inputTokens }) => sum + inputTokens, 0),
  };
}
