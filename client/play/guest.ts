/**
 * Plays a script in a sandbox of this process, with a book of answers in place of the world: no server, no worker, no provider.
 *
 *  G1  Nothing is sent, whatever the script asks: each call is answered out of the book.
 *  G2  Settlements come one at a time: answers in the order in which they came, timers when they fire, and no real time passes.
 *  G3  Same script, start and book: the same calls in the same order with the same answers.
 */
import { isBraidError } from '../../protocol/errors.ts';
import type { CallResult, GuestError, GuestMessage, GuestStart, Settlement } from '../../protocol/guest.ts';
import type { Json } from '../../protocol/json.ts';
import { SCRIPT_SANDBOX } from '../../protocol/limits.ts';
import { addSpend, NO_SPEND } from '../../protocol/outcome.ts';
import { openSandbox } from '../../sandbox/index.ts';

/** What a script asks for, as it asks for it. */
export type AskedCall = Pick<Extract<GuestMessage, { type: 'call' }>, 'name' | 'args' | 'phase'>;

export type Settled = { ok: true; value: Json | CallResult } | { ok: false; error: { code: string; message: string } };

export interface Answer {
  /** When it came, in ms since 1970. */
  at: number;
  settled: Settled;
}

export interface Book {
  /** Answers of one time are settled in the order of `turn`, then of asking. */
  answer(call: AskedCall): Answer & { turn: number };
}

/** A script that passed the check, and what it begins with. */
export interface Program {
  source: string;
  file: string;
  start: Pick<GuestStart, 'now' | 'seed' | 'total' | 'totals'>;
  /** Null and false: `args` is undefined in the script. */
  args: Json;
  hasArgs: boolean;
}

export interface PlayedCall extends Answer {
  call: AskedCall;
  /** The how-many-th call that was asked, from 0; sleeps do not count. */
  asked: number;
}

export interface Played {
  end: { ok: true; value: Json } | { ok: false; error: GuestError };
  /** In the order in which they were first entered. */
  phases: string[];
  /** In the order in which they were settled. */
  calls: PlayedCall[];
}

export function playGuest(program: Program, book: Book): Played {
  return new Player(program, book).play();
}

interface Open extends Answer {
  id: number;
  turn: number;
  /** Null: a timer. */
  call: AskedCall | null;
  asked: number;
}

class Player {
  private readonly program: Program;
  private readonly book: Book;
  private readonly open = new Map<number, Open>();
  private readonly phases = new Set<string>();
  private readonly calls: PlayedCall[] = [];
  private readonly startedAt: number;
  private now: number;
  private spend = NO_SPEND;
  private asked = 0;
  private end: Played['end'] | null = null;

  constructor(program: Program, book: Book) {
    this.program = program;
    this.book = book;
    this.now = program.start.now;
    this.startedAt = this.now;
  }

  play(): Played {
    const { source, file, start, args, hasArgs } = this.program;
    try {
      const given = { ...start, ...this.state(), args: hasArgs ? args : undefined };
      const sandbox = openSandbox({ limits: SCRIPT_SANDBOX, start: given });
      this.take(sandbox.run(source, file));
      while (this.end === null) {
        const next = this.next();
        if (next === null)
          this.fail('BRAID_SCRIPT_STUCK', 'The script waits for a promise that nothing will ever settle.');
        else this.take(sandbox.settle(this.settle(next)));
      }
    } catch (error) {
      if (!isBraidError(error)) throw error;
      this.fail(error.code, error.message);
    }
    const { end, phases, calls } = this;
    return { end: end ?? { ok: false, error: errorOf('BRAID_INTERNAL', 'no end') }, phases: [...phases], calls };
  }

  private take(messages: GuestMessage[]): void {
    for (const message of messages) {
      if (message.type === 'call') this.begin(message);
      else if (message.type === 'drop') this.open.delete(message.id);
      else if (message.type === 'phase') this.phases.add(message.title);
      else if (message.type === 'done') this.end ??= { ok: true, value: message.value };
      else if (message.type === 'fail') this.end ??= { ok: false, error: message.error };
    }
  }

  private begin({ id, name, args, phase }: Extract<GuestMessage, { type: 'call' }>): void {
    if (name === 'sleep') {
      const at = this.now + Math.ceil(Number(args[0]));
      this.open.set(id, { id, at, turn: Infinity, settled: { ok: true, value: null }, call: null, asked: -1 });
      return;
    }
    const call = { name, args, phase };
    this.open.set(id, { id, ...this.book.answer(call), call, asked: this.asked++ });
  }

  /** G2. */
  private next(): Open | null {
    let first: Open | null = null;
    for (const one of this.open.values()) if (first === null || isBefore(one, first)) first = one;
    return first;
  }

  private settle({ id, at, settled, call, asked }: Open): Settlement {
    this.open.delete(id);
    this.now = Math.max(this.now, at);
    if (call !== null) {
      this.calls.push({ call, asked, at, settled });
      const result = settled.ok ? resultOf(settled.value) : null;
      if (result !== null) this.spend = addSpend(this.spend, result.usage);
    }
    return { ...this.state(), id, ...settled };
  }

  private state() {
    const { now, spend, startedAt, calls } = this;
    return { now, spent: spend.outputTokens, calls: calls.length, usd: spend.usd, ms: now - startedAt };
  }

  private fail(code: string, message: string): void {
    this.end = { ok: false, error: errorOf(code, message) };
  }
}

/** Null for a plain value. */
function resultOf(value: Json | CallResult): CallResult | null {
  return typeof value === 'object' && value !== null && 'outcome' in value && 'throws' in value
    ? (value as CallResult)
    : null;
}

function isBefore(a: Open, b: Open): boolean {
  if (a.at !== b.at) return a.at < b.at;
  // Equal infinities are no number when subtracted.
  return a.turn === b.turn ? a.id < b.id : a.turn < b.turn;
}

function errorOf(code: string, message: string): GuestError {
  return { name: 'BraidError', message, stack: '', code };
}
