import { isBraidError } from '../../../protocol/errors.ts';
import type { Json } from '../../../protocol/json.ts';
import { REPL_SANDBOX } from '../../../protocol/limits.ts';
import type { ReplSettlement, ReplState } from '../../../protocol/repl.ts';
import type { TextSource } from '../../../protocol/text-source.ts';
import {
  openRepl,
  type GuestCall,
  type GuestTurnEnd,
  type ReplGuest,
  type ReplGuestOptions,
} from '../../../sandbox/repl/index.ts';
import { memoryText } from '../../kit/memory-text.ts';

export const STATE: ReplState = { now: 1_700_000_000_000, spent: 0, total: null, iterationsLeft: 20, callsLeft: null };

/** Options of a session over one text, several, a value, or nothing. */
export function options(
  context?: string | TextSource[] | { value: Json },
  more: Partial<ReplGuestOptions> = {},
): ReplGuestOptions {
  const texts = typeof context === 'string' ? [memoryText(context)] : Array.isArray(context) ? context : [];
  const kind =
    typeof context === 'string'
      ? { kind: 'text' as const }
      : Array.isArray(context)
        ? { kind: 'files' as const }
        : null;
  return {
    limits: REPL_SANDBOX,
    seed: 'test',
    context:
      context !== undefined && kind === null ? { kind: 'json', value: (context as { value: Json }).value } : kind,
    texts,
    question: { text: 'What?' },
    tools: [],
    ...more,
  };
}

/** A session that numbers its cells. */
export class Session {
  readonly guest: ReplGuest;
  #cells = 0;

  constructor(given: ReplGuestOptions = options()) {
    this.guest = openRepl(given);
  }

  cell(code: string, state: Partial<ReplState> = {}): GuestTurnEnd {
    return this.guest.turn({ kind: 'cell', cell: this.#cells++, code, state: { ...STATE, ...state } });
  }

  settle(...settlements: ReplSettlement[]): GuestTurnEnd {
    return this.guest.turn({ kind: 'settle', settlements, state: STATE });
  }

  abandon(): GuestTurnEnd {
    return this.guest.turn({ kind: 'abandon', state: STATE });
  }

  /** Runs a cell to its end, answering each call. `wrong` calls fail with their error. */
  play(code: string, answer: (call: GuestCall) => Json | Error = echo): GuestTurnEnd & { asked: GuestCall[] } {
    const asked: GuestCall[] = [];
    let end = this.cell(code);
    const queue = [...end.calls];
    for (let call = queue.shift(); call !== undefined && end.state === 'waiting'; call = queue.shift()) {
      asked.push(call);
      end = this.settle(settlementOf(call, answer(call)));
      queue.push(...end.calls);
    }
    return { ...end, asked };
  }
}

function settlementOf(call: GuestCall, value: Json | Error): ReplSettlement {
  if (call.name === 'wrong') return { id: call.id, ok: false, error: call.error };
  if (!(value instanceof Error)) return { id: call.id, ok: true, value };
  return { id: call.id, ok: false, error: { code: 'BRAID_BUDGET_EXHAUSTED', message: value.message } };
}

/** Prompts in brackets. */
export function echo(call: GuestCall): Json {
  if (call.name === 'llm') {
    const values = call.items.map((item) => `<${JSON.stringify(item.prompt)}>`);
    return call.batch ? values : (values[0] ?? null);
  }
  if (call.name === 'rlm') {
    const values = call.items.map((item) => `<${JSON.stringify(item.question)}>`);
    return call.batch ? values : (values[0] ?? null);
  }
  return `<${call.name}>`;
}

/** What one cell in a fresh session printed and showed; throws for a cell that failed. */
export function shown(code: string, given: ReplGuestOptions = options()): string {
  const { error, output, state } = new Session(given).play(code);
  if (error !== null) throw new Error(`${error.name}: ${error.message} at ${error.line}`);
  if (state !== 'idle') throw new Error('still waiting');
  return outputOf({ output });
}

export function outputOf({ output }: Pick<GuestTurnEnd, 'output'>): string {
  return output.head + output.tail;
}

/** Code of the limit that ended the guest, or null. */
export function codeOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (isBraidError(error)) return error.code;
    throw error;
  }
}
