/**
 * The gates of one execution: places where its programs wait for a person (DW-51).
 *
 *  GA1  A gate closes once: by the first answer that is taken, at its timeout, or because nobody waits for it any more.
 *  GA2  An answer is taken only for what its giver was shown (the digest), and only if it fits the schema. What is refused leaves no
 *       trace in history; what is taken stands there as an Update.
 *  GA3  Opening is told in the task in which it happens, or nobody could see what is waited for. Closing travels with what the program
 *       does next, or with its end.
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineUpdate,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import { ERRORS, type ErrorCode } from '../../protocol/error-table.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { AnswerRequest } from '../../protocol/gates.ts';
import { hashJson } from '../../protocol/hash.ts';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { GATES } from '../../protocol/limits.ts';
import type { GateNote } from '../../protocol/model-call.ts';
import { UPDATES } from '../../protocol/names.ts';
import { isShallow } from '../../sandbox/depth.ts';
import { afterOthers } from '../after-others.ts';
import { tooMuchWork } from './bounds.ts';
import type { GateSpec } from './spec.ts';

/** What gates need of their execution. */
export interface GateWorld {
  /** Writes a line of the run's story. */
  tell(text: string, gate: GateNote): void;
  /** Puts the story into history in this workflow task. */
  flush(): void;
  /** The first gate was opened, or the last one was closed. */
  waiting(waits: boolean): void;
}

type Judge = (schema: JsonObject, value: Json, whole: string) => string | null;
type Closed = NonNullable<GateNote['closed']>;

interface Gate {
  note: GateNote;
  judge: Judge | null;
  /** Ends the wait; undefined once it is closed. */
  end: ((closed: Closed) => void) | undefined;
}

const answerUpdate = defineUpdate<null, [AnswerRequest]>(UPDATES.answer);

export class Gates {
  private readonly world: GateWorld;
  private readonly gates = new Map<string, Gate>();
  private opened = 0;
  /** Gates that were open when the program continued as new, and are not opened again yet. */
  private readonly expected = new Set<string>();

  constructor(world: GateWorld) {
    this.world = world;
    setHandler(answerUpdate, (request) => afterOthers().then(() => this.answer(request)), {
      validator: (request: AnswerRequest) => this.check(request),
    });
  }

  /** Calls that were open when the program continued as new: answers to the gates among them wait until these are there. */
  expect(addresses: string[]): void {
    for (const address of addresses) if (/(?:^|\/)(?:ask|approve):\d+$/.test(address)) this.expected.add(address);
  }

  /** Gates that are open. */
  get open(): number {
    return this.opened;
  }

  /**
   * Waits for an answer, until `until` (ms since 1970) at most; null: for ever. Throws BRAID_GATE_TIMEOUT when nobody answered in time
   * and there is no default, BRAID_SCHEMA_INVALID when the default does not fit, BRAID_OPTION when too many gates are open, or
   * cancellation.
   */
  async ask(address: string, spec: GateSpec, until: number | null): Promise<Json> {
    if (this.opened >= GATES.open) {
      const message = `${GATES.open} gates are open at once, so ${address} was not opened.`;
      throw new BraidError('BRAID_OPTION', message, { fix: 'Ask for several things in one question, with a schema.' });
    }
    // Late, because a workflow that judges nothing must not pay for it (facts §2).
    const judge = spec.schema === null ? null : (await import('../../sandbox/judge-value.ts')).judgeValue;
    checkFallback(address, spec, judge);
    const gate: Gate = { note: noteOf(address, spec, until), judge, end: undefined };
    const closed = await this.wait(gate, spec);
    if (closed.how === 'answered') return closed.value;
    if (spec.fallback !== undefined) return spec.fallback;
    throw new BraidError(
      'BRAID_GATE_TIMEOUT',
      `Nobody answered ${address} (${shortened(spec.question)}) within ${spec.timeoutMs} ms.`,
    );
  }

  /** The program has ended: nobody waits any more. */
  giveUp(): void {
    this.expected.clear();
    for (const gate of this.gates.values()) this.close(gate, { how: 'cancelled', value: null, by: null });
  }

  private async wait(gate: Gate, spec: GateSpec): Promise<Closed> {
    const outer = CancellationScope.current();
    const closed = new Promise<Closed>((resolve) => {
      gate.end = resolve;
    });
    this.show(gate);
    const timer = new CancellationScope();
    const { expiresAt, gate: address } = gate.note;
    if (expiresAt !== null) {
      const value = spec.fallback ?? null;
      timer
        .run(() => sleep(Math.max(1, expiresAt - Date.now()), { summary: `gate ${address}` }))
        .then(
          () => this.close(gate, { how: 'timeout', value, by: null }),
          () => undefined,
        );
    }
    try {
      return await Promise.race([closed, outer.cancelRequested]);
    } finally {
      this.close(gate, { how: 'cancelled', value: null, by: null });
      timer.cancel();
    }
  }

  private show(gate: Gate): void {
    this.gates.set(gate.note.gate, gate);
    this.expected.delete(gate.note.gate);
    this.opened += 1;
    if (this.opened === 1) this.world.waiting(true);
    this.world.tell(gate.note.question, gate.note);
    this.world.flush();
  }

  private close(gate: Gate, closed: Closed): void {
    const { end, note } = gate;
    if (end === undefined) return;
    gate.end = undefined;
    gate.note = { ...note, closed: { ...closed, value: shown(closed.value) } };
    this.opened -= 1;
    this.world.tell(note.question, gate.note);
    if (closed.how !== 'cancelled') end(closed);
    if (this.opened === 0) this.world.waiting(false);
  }

  /** GA2. Nothing may change here. */
  private check({ gate: address, digest, value }: AnswerRequest): void {
    if (this.expected.has(address)) return;
    const { note, judge } = this.openGate(address);
    if (digest !== null && digest !== note.digest) {
      throw refusal(
        'BRAID_ANSWER_STALE',
        `The answer is for something else than what ${address} shows: ${shortened(note.question)}.`,
      );
    }
    const problem = this.problem(note, judge, value);
    if (problem === null) return;
    const wanted =
      note.schema === null
        ? 'Answer true or false.'
        : `Give a value that fits ${shortened(JSON.stringify(note.schema))}.`;
    throw refusal('BRAID_ANSWER_INVALID', `The answer does not fit ${address}: ${problem}.`, wanted);
  }

  private problem({ kind, schema }: GateNote, judge: Judge | null, value: Json | undefined): string | null {
    if (value === undefined) return 'it has no value';
    if (kind === 'approve')
      return typeof value === 'boolean' ? null : `it is ${shortened(JSON.stringify(value))}, not true or false`;
    if (!isShallow(value)) return 'it is nested too deep';
    const chars = JSON.stringify(value).length;
    if (chars > GATES.answerChars) return `it has ${chars} characters as JSON; at most ${GATES.answerChars} are taken`;
    return schema === null || judge === null
      ? null
      : (tooMuchWork(schema, value) ?? judge(schema, value, 'the answer'));
  }

  /** Two answers may be checked before the first one is taken: the second finds the gate closed. */
  private answer(request: AnswerRequest): null | Promise<null> {
    const { gate: address, value, by } = request;
    if (this.expected.has(address)) return this.answerLater(request);
    this.close(this.openGate(address), {
      how: 'answered',
      value,
      by: typeof by === 'string' ? by.slice(0, 200) : null,
    });
    return null;
  }

  private async answerLater(request: AnswerRequest): Promise<null> {
    await condition(() => !this.expected.has(request.gate));
    this.check(request);
    return this.answer(request);
  }

  private openGate(address: string): Gate {
    const gate = this.gates.get(address);
    if (gate === undefined) {
      const open = [...this.gates.values()].filter(({ end }) => end !== undefined).map(({ note }) => note.gate);
      const there = open.length === 0 ? 'It has no open gate.' : `Open: ${open.slice(0, 10).join(', ')}.`;
      throw refusal('BRAID_GATE_UNKNOWN', `There is no gate ${shortened(address)} here. ${there}`);
    }
    const { closed } = gate.note;
    if (closed === null) return gate;
    const by = closed.by === null ? '' : ` by ${closed.by}`;
    throw refusal('BRAID_GATE_CLOSED', `The gate ${address} is closed: ${closed.how}${by}.`);
  }
}

function noteOf(address: string, { kind, question, details, schema }: GateSpec, expiresAt: number | null): GateNote {
  const digest = hashJson({ gate: address, kind, question, details, schema });
  return { gate: address, kind, question, details, schema, digest, expiresAt, closed: null };
}

/** A default is an answer that the script gives: it must be one that a person could give. */
function checkFallback(address: string, { schema, fallback }: GateSpec, judge: Judge | null): void {
  if (schema === null || judge === null || fallback === undefined) return;
  const problem = tooMuchWork(schema, fallback) ?? judge(schema, fallback, 'it');
  if (problem === null) return;
  throw new BraidError('BRAID_SCHEMA_INVALID', `The default of ${address} does not fit the gate's schema: ${problem}.`);
}

/** Large answers stand whole in the Update. */
function shown(value: Json): Json {
  const text = JSON.stringify(value);
  return text.length <= GATES.shownChars
    ? value
    : `${text.slice(0, GATES.shownChars)}… (${text.length - GATES.shownChars} characters more)`;
}

/** For messages. */
export function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** As clients read it: the code as its type, the fix in its details (client/updates.ts). */
export function refusal(code: ErrorCode, message: string, fix: string = ERRORS[code].fix): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [{ fix }] });
}
