/**
 * A REPL guest: one engine with the REPL's prelude, alive over many turns.
 *
 *  R1  A cell has ended when its main function is done and no call that was made is open: nothing that is paid for is lost.
 *  R2  Settlements are handed in one at a time, and all jobs run after each: whether they came together makes no difference.
 *  R3  No limit can be caught by cells: all of them unwind the engine, and the guest is closed then.
 *  R4  Turns are deterministic: the same options and turns give the same ends, the same gas and the same memory; so does a
 *      guest that was restored from a snapshot between two turns.
 */
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { isMessageObject } from '../../protocol/guest.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { LIMITS, REPL } from '../../protocol/limits.ts';
import type { CellError, ReplSettlement, ReplState, ReplTurn } from '../../protocol/repl.ts';
import { prepareCell } from '../cells/index.ts';
import { clean, isShallow, tooDeep } from '../depth.ts';
import { Engine } from '../engine/engine.ts';
import type { Pointer } from '../engine/exports.ts';
import { REPL_ENGINE_HASH } from '../engine/repl-engine-hash.ts';
import { replImage } from '../engine/repl-image.ts';
import { Turns } from '../turn.ts';
import { parseCall, wrongCall } from './calls.ts';
import { countIn, forged, listIn, textIn } from './forged.ts';
import { cellError, cellFile, parseReport, type Report, type RunningCell } from './report.ts';
import { decodeSession, encodeSession, type SessionState } from './saved.ts';
import { TextDesk } from './texts.ts';
import type { GuestCall, GuestTurnEnd, ReplGuest, ReplGuestOptions } from './types.ts';

/** A new guest, or one that goes on from a snapshot. Throws BRAID_REPL_ENGINE for a snapshot of another engine. */
export function openRepl(options: ReplGuestOptions): ReplGuest {
  return new Repl(options);
}

class Repl implements ReplGuest {
  readonly #options: ReplGuestOptions;
  readonly #engine: Engine;
  readonly #turns: Turns;
  readonly #texts: TextDesk;
  readonly #entry: Pointer;
  readonly #open: Set<number>;
  #lastId: number;
  /** The cell that runs or waits. */
  #cell: RunningCell | null;
  #main: SessionState['main'];
  #now = 0;
  #closed = false;
  #calls: GuestCall[] = [];
  #report: Report | null = null;
  #timer = false;
  #messages = 0;
  #chars = 0;

  constructor(options: ReplGuestOptions) {
    this.#options = options;
    const { limits, restore, engine = REPL_ENGINE_HASH } = options;
    const saved = restore === undefined ? null : decodeSession(restore, limits.memoryBytes, engine);
    const posted = (text: string): string | undefined => this.#receive(text);
    const host = { memoryBytes: limits.memoryBytes, stackBytes: limits.stackBytes, now: () => this.#now, posted };
    this.#engine = new Engine(host, replImage(engine), saved?.engine);
    this.#turns = new Turns(this.#engine, limits, { who: 'cell', used: saved?.state.gasUsed ?? 0 });
    const parts = options.texts.length - ('doc' in options.question ? 1 : 0);
    this.#texts = new TextDesk(options, parts, (gas) => this.#charge(gas));
    this.#open = new Set(saved?.state.open);
    this.#lastId = saved?.state.lastId ?? 0;
    this.#cell = saved?.state.cell ?? null;
    this.#main = saved?.state.main ?? 'done';
    let entry = saved?.state.entry ?? 0;
    // A turn like any other: what is too large for the guest's memory ends it here.
    if (saved === null) this.#turns.take(() => (entry = this.#boot(parts)));
    this.#entry = entry;
  }

  get gasUsed(): number {
    return this.#turns.gasUsed;
  }

  get memoryBytes(): number {
    return this.#engine.memoryBytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  snapshot(): Uint8Array {
    if (this.#closed) throw new BraidError('BRAID_INTERNAL', 'This REPL session is closed.');
    return encodeSession(
      this.#engine.save(),
      {
        entry: this.#entry,
        gasUsed: this.gasUsed,
        lastId: this.#lastId,
        open: [...this.#open],
        cell: this.#cell,
        main: this.#main,
      },
      this.#options.engine ?? REPL_ENGINE_HASH,
    );
  }

  turn(turn: ReplTurn): GuestTurnEnd {
    if (this.#closed) throw new BraidError('BRAID_INTERNAL', 'This REPL session is closed.');
    this.#now = turn.state.now;
    this.#calls = [];
    this.#messages = 0;
    this.#chars = 0;
    let end: GuestTurnEnd | null = null;
    try {
      this.#turns.take(() => (end = this.#take(turn)));
    } catch (error) {
      this.#closed = true;
      throw error;
    }
    if (end === null) throw new BraidError('BRAID_INTERNAL', 'A turn had no end.');
    return end;
  }

  #take(turn: ReplTurn): GuestTurnEnd {
    this.#command({ do: 'state', state: turn.state });
    if (turn.kind === 'cell') return this.#run(turn.cell, turn.code);
    if (turn.kind === 'abandon') return this.#abandon();
    for (const settlement of turn.settlements) this.#settle(settlement, turn.state);
    return this.#end();
  }

  #run(number: number, code: string): GuestTurnEnd {
    if (this.#cell !== null) throw new BraidError('BRAID_INTERNAL', 'A cell was given while another one waits.');
    this.#cell = { number, code, points: [], hints: [] };
    this.#main = 'pending';
    const prepared = this.#prepare(code);
    if ('error' in prepared) {
      this.#command({ do: 'begin', names: [] });
      return this.#ended(prepared.error);
    }
    this.#cell = { number, code, points: prepared.points, hints: prepared.hints };
    this.#command({ do: 'begin', names: [...new Set([...prepared.declared, ...prepared.functions])] });
    const main = this.#engine.eval(prepared.source, cellFile(number));
    this.#enter('value' in main ? main.value : main.error);
    return this.#end();
  }

  #prepare(code: string): ReturnType<typeof prepareCell> | { error: CellError } {
    try {
      return prepareCell(code);
    } catch (error) {
      if (!isBraidError(error)) throw error;
      const message = error.message.includes(error.fix) ? error.message : `${error.message} ${error.fix}`;
      const known = { name: 'SyntaxError', message, code: error.code };
      return { error: cellError(known, code, error.at ?? null) };
    }
  }

  #settle(settlement: ReplSettlement, { now, spent }: ReplState): void {
    // Of a call that was given up, or settled already.
    if (!this.#open.delete(settlement.id)) return;
    const { id } = settlement;
    const sent = isShallow(settlement)
      ? { ...settlement, now, spent }
      : { id, now, spent, ok: false, error: tooDeep('The result of the call').toInfo() };
    this.#enter(this.#engine.string(JSON.stringify(sent)));
  }

  #abandon(): GuestTurnEnd {
    this.#command({ do: 'abandon', ids: [...this.#open] });
    this.#open.clear();
    return this.#ended(null);
  }

  /** Ends the cell if it has ended (R1). */
  #end(): GuestTurnEnd {
    if (this.#open.size > 0) return { state: 'waiting', calls: this.#calls, ...this.#ask(false, false) };
    if (this.#main === 'done') return this.#ended(null);
    return this.#ended({ name: 'Error', ...STUCK, line: null, column: null, frame: '' });
  }

  /** `error`: why the cell has ended before its main function has. */
  #ended(error: CellError | null): GuestTurnEnd {
    const report = this.#ask(true, this.#main === 'done');
    this.#cell = null;
    this.#main = 'done';
    // Code of values that were shown may have left jobs; they can make no calls.
    this.#engine.drainJobs();
    return { state: 'idle', calls: this.#calls, ...report, error: error ?? report.error };
  }

  #ask(ended: boolean, counts: boolean): Report {
    this.#report = null;
    this.#command({ do: 'report', ended, counts });
    const report = this.#report as Report | null;
    if (report === null) throw forged('is missing at the end of a turn');
    return report;
  }

  #command(command: object): void {
    this.#enter(this.#engine.string(`!${JSON.stringify(command)}`));
  }

  #enter(argument: Pointer): void {
    this.#callEntry(argument);
    // Timers of cells have no delay but this: that all jobs come first.
    while (this.#timer) {
      this.#timer = false;
      this.#callEntry(this.#engine.string('!{"do":"timer"}'));
    }
  }

  #callEntry(argument: Pointer): void {
    const result = this.#engine.call(this.#entry, argument);
    this.#engine.free('value' in result ? result.value : result.error);
    this.#engine.drainJobs();
  }

  #boot(parts: number): Pointer {
    const { seed, context, texts, question, tools } = this.#options;
    const start = {
      seed,
      context: context?.kind === 'files' ? { kind: 'files', count: parts } : context,
      texts: texts.map(({ name, length, format }) => ({ name, length, format })),
      question,
      tools: tools.map(({ name }) => ({ name })),
      maxItems: LIMITS.maxItems,
      sizes: REPL,
    };
    const entry = this.#engine.call(this.#engine.start, this.#engine.string(JSON.stringify(start)));
    if ('value' in entry) return entry.value;
    throw new BraidError('BRAID_SANDBOX_BROKEN', 'The prelude of the REPL failed.');
  }

  #receive(text: string): string | undefined {
    const { charsPerTurn, messagesPerTurn } = this.#options.limits;
    this.#chars += text.length;
    if (this.#chars > charsPerTurn) {
      throw new BraidError('BRAID_SANDBOX_OUTPUT', `The cell sent more than ${charsPerTurn} characters in one turn.`);
    }
    const message = parseMessage(text);
    switch (message.type) {
      case 'read':
        return this.#texts.read(message);
      case 'take':
        return this.#texts.take();
      case 'text':
        return this.#texts.ask(message);
      default:
        if (++this.#messages > messagesPerTurn) {
          throw new BraidError(
            'BRAID_SANDBOX_REQUESTS',
            `The cell made more than ${messagesPerTurn} calls in one turn.`,
          );
        }
        return this.#note(message);
    }
  }

  #note(message: JsonObject & { type: string }): undefined {
    switch (message.type) {
      case 'call':
        return this.#call(message);
      case 'drop':
        return;
      case 'timer':
        this.#timer = true;
        return;
      case 'main':
        if (this.#main !== 'pending') throw forged('ends a cell twice');
        this.#main = 'done';
        return;
      case 'report':
        this.#report = parseReport(message, this.#cell, this.#options.texts);
        return;
      default:
        throw forged('is of an unknown type');
    }
  }

  #call(message: JsonObject): undefined {
    const id = countIn(message['id']);
    if (id <= this.#lastId) throw forged('has no new id');
    this.#lastId = id;
    this.#open.add(id);
    const crowded = this.#calls.length >= REPL.callsPerTurn;
    this.#calls.push(
      crowded
        ? wrongCall(id, 'BRAID_TOO_MANY_ITEMS', CROWDED)
        : parseCall(id, textIn(message, 'name'), listIn(message, 'args'), this.#options),
    );
  }

  #charge(gas: number): void {
    const left = this.#engine.gas - gas;
    this.#engine.gas = left;
    if (left < 0) throw new Error('out of gas');
  }
}

function parseMessage(text: string): JsonObject & { type: string } {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    throw forged('is no JSON', error);
  }
  if (!isMessageObject(message)) throw forged('is no message');
  if (!clean(message, text)) throw tooDeep('A value that the cell sent');
  return message;
}

const STUCK = {
  code: 'BRAID_SCRIPT_STUCK',
  message:
    'The cell waits for something that never comes: no call is open that could settle what it awaits. Await only calls and promises that something resolves.',
};
const CROWDED = `A cell makes at most ${REPL.callsPerTurn} calls at once. Await some before making more, or pass a list to llm_query_batched().`;
