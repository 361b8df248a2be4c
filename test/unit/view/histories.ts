/** Builds decoded histories as workflows of Braid leave them: a small language for tests of views. */
import type { DecodedEvent, EventBody } from '../../../histories/decoded.ts';
import type { ViewBuilder } from '../../../client/view/reduce.ts';
import type { Json } from '../../../protocol/json.ts';
import type { GateNote, Note, ReplayedCall } from '../../../protocol/model-call.ts';
import type { RunView } from '../../../protocol/view.ts';

export const T0 = Date.UTC(2026, 0, 2, 3, 4, 5);

export const SCRIPT_INPUT = {
  name: 'review',
  file: 'review.js',
  sourceHash: 'abcdef0123456789',
  meta: { name: 'review', phases: [{ title: 'Review' }, { title: 'Verify' }] },
  args: null,
  models: { main: 'offline/reviewer', sub: 'offline/reviewer', aliases: {} },
  limits: {
    concurrency: 16,
    maxCalls: 1000,
    maxRequests: null,
    maxOutputTokens: null,
    maxUsd: null,
    maxTimeMs: null,
    maxDepth: 8,
    onLimit: 'stop',
  },
  workspace: { root: '/src/app', base: null },
};

export function tagOf(
  n: number,
  extra: { phase?: string | null; label?: string; turn?: number; notes?: Note[]; live?: string } = {},
) {
  const { phase = 'Review', label = `call ${n}`, turn = 0, notes = [], live } = extra;
  const key = live === undefined ? {} : { key: { path: '', hash: 'a', ordinal: 1, parts: '', tries: null, live } };
  return { address: `agent:${n}`, label, phase, model: 'offline/reviewer', turn, notes, ...key } satisfies {
    [key: string]: unknown;
  };
}

export function replayedNote(n: number, extra: Partial<ReplayedCall> = {}): Note {
  const usage = { inputTokens: 1_000, outputTokens: 500, usd: 0.002 };
  const call = { address: `agent:${n}`, kind: 'agent', label: `call ${n}`, phase: 'Review', model: 'offline/reviewer' };
  return { kind: 'replayed', text: '', at: T0 + n, call: { ...call, from: 'run-0', usage, ...extra } as ReplayedCall };
}

export function gateNote(extra: Partial<GateNote> = {}): Note {
  const shown = { question: 'Which branch?', details: null, schema: null, digest: 'd1', expiresAt: null };
  return {
    kind: 'gate',
    text: 'gate',
    at: T0 + 500,
    gate: { gate: 'ask:1', kind: 'ask', ...shown, closed: null, ...extra },
  };
}

export function message(extra: { [key: string]: Json } = {}): Json {
  const usage = { inputTokens: 100, outputTokens: 20, usd: 0.001 };
  return {
    kind: 'message',
    text: 'ok',
    toolCalls: [],
    submit: null,
    finish: 'stop',
    usage,
    requests: 1,
    ms: 900,
    notes: [],
    ...extra,
  };
}

export function scriptResult(extra: { [key: string]: Json } = {}): Json {
  const usage = {
    calls: 1,
    requests: 1,
    replayed: 0,
    failed: 0,
    refused: 0,
    inputTokens: 100,
    outputTokens: 20,
    usd: 0.001,
  };
  return { status: 'completed', value: { found: 1 }, error: null, usage, outcomes: [], notes: [], ...extra };
}

/** One execution's history. Every event is one second after the one before, unless told otherwise. */
export class History {
  readonly events: DecodedEvent[] = [];
  #clock: number;

  constructor(at: number = T0) {
    this.#clock = at;
  }

  /** Adds an event and gives its id. */
  add(body: EventBody, ms = 1_000): number {
    const id = this.events.length + 1;
    this.events.push({ id, at: this.#clock, ...body });
    this.#clock += ms;
    return id;
  }

  start(input: Json = SCRIPT_INPUT, runId = 'first'): this {
    this.add({ type: 'started', workflowType: 'script', taskQueue: 'braid-test', input, runId });
    return this.task();
  }

  /** Lines of the story in a marker of their own. */
  say(...notes: Note[]): this {
    this.add({ type: 'localActivity', activity: 'note', result: notes as unknown as Json });
    return this;
  }

  /** A workflow task that has seen everything so far; its commands follow. */
  task(): this {
    this.add({ type: 'other' }, 0);
    const startedId = this.add({ type: 'other' }, 0);
    this.add({ type: 'taskCompleted', startedId }, 0);
    return this;
  }

  /** Schedules a model activity. */
  ask(tag: { address: string; turn: number }): number {
    return this.add({
      type: 'activityScheduled',
      activity: 'model',
      activityId: `${tag.address}#${tag.turn + 1}`,
      tag,
    });
  }

  begin(scheduledId: number, attempt = 1): void {
    this.add({ type: 'activityStarted', scheduledId, attempt }, 0);
  }

  answer(scheduledId: number, result: Json = message(), attempt = 1): void {
    this.begin(scheduledId, attempt);
    this.add({ type: 'activityCompleted', scheduledId, result });
  }

  fail(scheduledId: number, code: string, text: string): void {
    this.begin(scheduledId);
    const details = { requests: 3, usage: { inputTokens: 5, outputTokens: 0, usd: 0 } };
    const failure = { kind: 'application', code, message: text, details, timeout: null } as const;
    this.add({ type: 'activityFailed', scheduledId, failure });
  }
}

export function apply(builder: ViewBuilder, workflowId: string, history: History): RunView {
  for (const event of history.events) builder.apply(workflowId, event);
  return builder.view();
}
