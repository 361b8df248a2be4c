/**
 * The recorded calls of a saved workflow, as the book that its test answers from.
 *
 *  C1  A call is known by its content and by the how-many-th of that content it is; each recorded answer is given at most once.
 *  C2  A call that was not recorded is told, and answered as the recorded call that it seems to have been, else with a failure: the
 *      script goes on, so that one run tells all that differs. Only answers that nothing else asks for are given so.
 */
import type { CallResult } from '../../protocol/guest.ts';
import { NO_SPEND } from '../../protocol/outcome.ts';
import { contentOf, headOf, labelOf, phaseOf } from './calls.ts';
import type { Answer, AskedCall, Book, PlayedCall, Settled } from './guest.ts';

export interface RecordedCall extends Answer {
  call: AskedCall['name'];
  content: string;
  label: string;
  phase: string | null;
  /** The start of what was asked. */
  head: string;
  asked: number;
}

export interface Miss {
  call: RecordedCall;
  /** The recorded call that seems to have become this one; null: it is new. */
  was: RecordedCall | null;
}

export interface RecordedReport {
  misses: Miss[];
  /** Recorded calls that nobody asked for. */
  unused: RecordedCall[];
}

export function recordCalls(played: readonly PlayedCall[]): RecordedCall[] {
  return played.map(({ call, asked, at, settled }) => ({ ...shapeOf(call), asked, at, settled }));
}

export class RecordedBook implements Book {
  private readonly unused: Set<RecordedCall>;
  private readonly turns: ReadonlyMap<RecordedCall, number>;
  private readonly misses: Miss[] = [];
  private readonly spare: ReadonlySet<number>;
  private asked = 0;

  /** `calls` in the order in which they were settled; `spare`: those (by `asked`) that may stand in for others (C2). */
  constructor(calls: readonly RecordedCall[], spare: ReadonlySet<number> = new Set()) {
    this.turns = new Map(calls.map((call, turn) => [call, turn]));
    this.unused = new Set(calls.toSorted((a, b) => a.asked - b.asked));
    this.spare = spare;
  }

  answer(call: AskedCall): ReturnType<Book['answer']> {
    const shape = shapeOf(call);
    const asked = this.asked++;
    const same = this.first((one) => one.content === shape.content);
    if (same !== null) return this.give(same);
    const like = (one: RecordedCall) =>
      this.spare.has(one.asked) && one.call === shape.call && one.phase === shape.phase;
    const was = this.first((one) => like(one) && one.label === shape.label) ?? this.first(like);
    const settled = was?.settled ?? unrecorded(call);
    this.misses.push({ call: { ...shape, asked, at: 0, settled }, was });
    return was === null ? { at: 0, turn: Infinity, settled } : this.give(was);
  }

  report(): RecordedReport {
    return { misses: this.misses, unused: [...this.unused] };
  }

  private first(matches: (one: RecordedCall) => boolean): RecordedCall | null {
    for (const one of this.unused) if (matches(one)) return one;
    return null;
  }

  private give(one: RecordedCall): ReturnType<Book['answer']> {
    this.unused.delete(one);
    return { at: one.at, turn: this.turns.get(one) ?? Infinity, settled: one.settled };
  }
}

function shapeOf(call: AskedCall): Omit<RecordedCall, 'asked' | keyof Answer> {
  return { call: call.name, content: contentOf(call), label: labelOf(call), phase: phaseOf(call), head: headOf(call) };
}

/** C2. */
function unrecorded(call: AskedCall): Settled {
  const error = { code: 'BRAID_CALL_UNRECORDED', message: `Nothing is recorded for this call: ${headOf(call)}` };
  if (call.name !== 'agent' && call.name !== 'rlm' && call.name !== 'call') return { ok: false, error };
  const outcome = { address: 'test', label: labelOf(call), phase: phaseOf(call), reason: 'error', ...error } as const;
  const result: CallResult = {
    ...{ ok: false, value: null, reason: 'error', error, usage: NO_SPEND, replayed: false, degraded: false, ms: 0 },
    ...{ throws: false, outcome: { ...outcome, model: null, attempts: 0 } },
  };
  return { ok: true, value: result };
}
