/**
 * A script guest: one engine, the prelude in it, and the wire of protocol/guest.ts.
 *
 *  S1  A guest ends at the first of: its `done` or `fail`, an error of a limit, a message that breaks the wire's rules.
 *      After it nothing of the guest runs and nothing it says counts.
 *  S2  No limit can be caught by the guest: all of them unwind the engine instead of throwing into it.
 *  S3  Turns are deterministic: the same start, source and settlements give the same messages and the same gas.
 */
import { BraidError } from '../protocol/errors.ts';
import type { GuestMessage, GuestStart, GuestState, Settlement } from '../protocol/guest.ts';
import { LIMITS } from '../protocol/limits.ts';
import { isShallow, tooDeep } from './depth.ts';
import { Engine } from './engine/engine.ts';
import type { Pointer } from './engine/exports.ts';
import { ENGINE_HASH } from './engine/engine-hash.ts';
import { scriptImage, type EngineImage } from './engine/image.ts';
import { MessageParser } from './messages.ts';
import { placed, wrap } from './place.ts';
import { GuestEnded, Turns } from './turn.ts';
import type { Sandbox, SandboxOptions } from './types.ts';

/** A new guest with the hooks of the dialect. Takes 1 to 2 ms and no macrotask. */
export function openSandbox(options: SandboxOptions): Sandbox {
  return new ScriptSandbox(options);
}

class ScriptSandbox implements Sandbox {
  readonly #limits: SandboxOptions['limits'];
  readonly #image: EngineImage;
  readonly #engine: Engine;
  readonly #turns: Turns;
  readonly #parser = new MessageParser();
  /** The guest's one entry: a function is its main, a string a settlement, anything else an error to report. */
  readonly #entry: Pointer;
  #now: number;
  #fileName = '';
  #state: 'fresh' | 'running' | 'closed' = 'fresh';
  #posted: GuestMessage[] = [];
  #chars = 0;

  constructor({ limits, start, engine = ENGINE_HASH }: SandboxOptions) {
    this.#image = scriptImage(engine);
    this.#limits = limits;
    this.#now = start.now;
    const { memoryBytes, stackBytes } = limits;
    const posted = (text: string): undefined => this.#receive(text);
    const host = { memoryBytes, stackBytes, now: () => this.#now, posted };
    this.#engine = new Engine(host, this.#image);
    this.#turns = new Turns(this.#engine, limits);
    let entry: Pointer = 0;
    // A turn like any other: arguments too large for the guest's memory end it here.
    this.#turns.take(() => {
      entry = this.#boot({
        ...startFor(this.#image, start),
        hasArgs: start.args !== undefined,
        maxItems: LIMITS.maxItems,
      });
    });
    this.#entry = entry;
  }

  get gasUsed(): number {
    return this.#turns.gasUsed;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  run(source: string, fileName: string): GuestMessage[] {
    if (this.#state !== 'fresh') throw new BraidError('BRAID_INTERNAL', 'This sandbox has run its script already.');
    this.#state = 'running';
    this.#fileName = fileName.replaceAll('\0', '');
    let compiled = false;
    const messages = this.#turn(() => {
      const main = this.#engine.eval(wrap(source), this.#fileName);
      compiled = 'value' in main;
      this.#enter('value' in main ? main.value : main.error);
    });
    const last = messages.at(-1);
    if (!compiled && last?.type === 'fail' && last.error.name === 'SyntaxError') throw notCompiled(last.error);
    return messages;
  }

  settle(settlement: Settlement): GuestMessage[] {
    if (this.#state !== 'running') throw new BraidError('BRAID_INTERNAL', 'This sandbox has no running script.');
    this.#now = settlement.now;
    const { now, spent, calls, usd, ms, ...answer } = settlement;
    const state = stateFor(this.#image, { now, spent, calls, usd, ms });
    const sent = isShallow(settlement)
      ? { ...state, ...answer }
      : { ...state, id: answer.id, ok: false, error: tooDeep('The result of the call').toInfo() };
    return this.#turn(() => this.#enter(this.#engine.string(JSON.stringify(sent))));
  }

  #boot(start: object): Pointer {
    const entry = this.#engine.call(this.#engine.start, this.#engine.string(JSON.stringify(start)));
    if ('value' in entry) return entry.value;
    throw new BraidError('BRAID_SANDBOX_BROKEN', 'The prelude of the sandbox failed.');
  }

  #enter(argument: Pointer): void {
    const result = this.#engine.call(this.#entry, argument);
    this.#engine.free('value' in result ? result.value : result.error);
    this.#engine.drainJobs();
  }

  #turn(work: () => void): GuestMessage[] {
    this.#posted = [];
    this.#chars = 0;
    try {
      this.#turns.take(work);
    } catch (error) {
      this.#state = 'closed';
      if (!(error instanceof GuestEnded)) throw error;
    }
    return this.#posted;
  }

  #receive(text: string): undefined {
    this.#chars += text.length;
    if (this.#chars > this.#limits.charsPerTurn) {
      throw new BraidError(
        'BRAID_SANDBOX_OUTPUT',
        `The script sent more than ${this.#limits.charsPerTurn} characters in one turn.`,
      );
    }
    const message = this.#parser.parse(text);
    if (this.#posted.length >= this.#limits.messagesPerTurn) throw this.#flood(message);
    if (message.type !== 'fail') this.#posted.push(message);
    else this.#posted.push({ type: 'fail', error: placed(message.error, this.#fileName) });
    if (message.type === 'done' || message.type === 'fail') throw new GuestEnded('the guest has ended');
  }

  #flood(message: GuestMessage): BraidError {
    const many = `more than ${this.#limits.messagesPerTurn} messages in one turn`;
    return message.type === 'call'
      ? new BraidError('BRAID_SANDBOX_REQUESTS', `The script sent ${many}, the last of them requests.`)
      : new BraidError('BRAID_SANDBOX_OUTPUT', `The script sent ${many}, the last of them log lines.`);
  }
}

/** An older prelude is told what it was told before, so that its gas is what it was (S3). */
function stateFor({ wire }: EngineImage, { now, spent, calls = 0, usd = null, ms = 0 }: PartialState): GuestState {
  return wire === undefined ? { now, spent } : { now, spent, calls, usd, ms };
}

function startFor(image: EngineImage, start: GuestStart): GuestStart {
  const { args, seed, total, totals = { calls: null, usd: null, ms: null } } = start;
  const known = { ...stateFor(image, start), args, seed, total };
  return image.wire === undefined ? known : { ...known, totals };
}

type PartialState = { [K in keyof GuestState]: GuestState[K] | undefined } & Pick<GuestState, 'now' | 'spent'>;

function notCompiled(error: { name: string; message: string; line?: number; column?: number }): BraidError {
  const at = error.line === undefined ? {} : { at: { line: error.line, column: error.column ?? 1 } };
  return new BraidError('BRAID_SCRIPT_SYNTAX', `The script does not parse: ${error.message}.`, at);
}
