/**
 * A guest whose cells are words: what a session's host does with turns, limits, hangs and deaths can be tested with it
 * exactly and fast. Its whole state is JSON.
 */
import { BraidError } from '../../../protocol/errors.ts';
import type { ReplTurn } from '../../../protocol/repl.ts';
import type { GuestCall, GuestTurnEnd, ReplGuest, ReplGuestOptions } from '../../../sandbox/repl/types.ts';

interface State {
  variables: { [name: string]: string };
  printed: string;
  nextCall: number;
  /** Calls that the cell waits for. */
  waiting: number[];
  /** What the cell does when they have been answered. */
  rest: string[];
  gas: number;
}

/** Words of a cell: `a=1`, `print:a`, `call`, `op`, `gas`, `hang`, `spin`, `exit`, `throw`, `final:x`, `text:N`, `random`. */
export function openFakeGuest(options: ReplGuestOptions): ReplGuest {
  return new FakeGuest(options);
}

let evaluations = 0;

class FakeGuest implements ReplGuest {
  readonly memoryBytes = 1024 * 1024;
  closed = false;
  readonly #options: ReplGuestOptions;
  #state: State = { variables: {}, printed: '', nextCall: 1, waiting: [], rest: [], gas: 0 };
  #calls: GuestCall[] = [];
  #final: GuestTurnEnd['final'] = null;
  #error: GuestTurnEnd['error'] = null;

  constructor(options: ReplGuestOptions) {
    this.#options = options;
    if (options.restore !== undefined) this.#state = JSON.parse(new TextDecoder().decode(options.restore)) as State;
  }

  get gasUsed(): number {
    return this.#state.gas;
  }

  snapshot(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify(this.#state));
  }

  turn(turn: ReplTurn): GuestTurnEnd {
    [this.#calls, this.#final, this.#error] = [[], null, null];
    const state = this.#state;
    state.gas += 10;
    if (turn.kind === 'cell') {
      state.printed = '';
      this.#run(turn.code.split(' '));
    }
    if (turn.kind === 'abandon') [state.waiting, state.rest] = [[], []];
    if (turn.kind === 'settle') this.#settle(turn.settlements.map(({ id }) => id));
    return this.#end();
  }

  #settle(ids: number[]): void {
    const state = this.#state;
    if (!ids.every((id) => state.waiting.includes(id)))
      throw new BraidError('BRAID_INTERNAL', `nobody waits for ${ids.join()}`);
    state.waiting = state.waiting.filter((id) => !ids.includes(id));
    if (state.waiting.length === 0) this.#run(state.rest.splice(0));
  }

  #run(words: string[]): void {
    for (let i = 0; i < words.length; i += 1) {
      this.#word(words[i] ?? '');
      if (this.#calls.length > 0) {
        this.#state.rest = words.slice(i + 1);
        return;
      }
    }
  }

  #word(word: string): void {
    const state = this.#state;
    const [name = '', value = ''] = word.split(/[:=]/);
    state.gas += 1;
    if (word.includes('=')) state.variables[name] = value;
    else if (name === 'print') state.printed += state.variables[value] ?? 'undefined';
    else if (name === 'call') this.#call('p');
    else if (name === 'text') this.#call('x'.repeat(Number(value)));
    else if (name === 'random' && (evaluations += 1) % 2 === 1) this.#call('p');
    else if (name === 'op' || name === 'hang') this.#operation(name === 'hang');
    else if (name === 'gas') throw this.#limit();
    else if (name === 'spin') for (;;);
    else if (name === 'exit') process.exit(3);
    else if (name === 'throw') throw new TypeError('a bug of the host');
    else if (name === 'final') this.#final = { value };
  }

  #operation(hang: boolean): void {
    try {
      this.#options.operation?.before('grep', { source: '(a+)+b', flags: '' });
      while (hang);
      this.#options.operation?.after();
    } catch (error) {
      if (!(error instanceof BraidError)) throw error;
      const { name, message, code } = error;
      this.#error = { name, message, code, line: 1, column: 1, frame: '' };
    }
  }

  #call(prompt: string): void {
    const options = { label: null, model: null, system: null, schema: null, maxOutputTokens: null, budget: null };
    const id = this.#state.nextCall;
    this.#state.nextCall += 1;
    this.#state.waiting.push(id);
    this.#calls.push({ id, name: 'llm', batch: false, items: [{ prompt, options }] });
  }

  #limit(): BraidError {
    this.#state.gas += 1_000;
    this.closed = true;
    return new BraidError('BRAID_SANDBOX_GAS', 'The cell computed for 2,000,000,000 steps.');
  }

  #end(): GuestTurnEnd {
    const { variables, printed, waiting } = this.#state;
    return {
      state: waiting.length > 0 ? 'waiting' : 'idle',
      calls: this.#calls,
      eager: false,
      output: { head: printed, tail: '', chars: printed.length },
      error: this.#error,
      final: this.#final,
      hints: [],
      variables: Object.entries(variables).map(([name, preview]) => ({ name, type: 'string', size: null, preview })),
    };
  }
}
