/**
 * One cell, from its code to its end: turns of the session, and the calls between them.
 *
 *  Q1  Answers are handed in in the order in which history brought them; which of them travel in one turn makes no difference
 *      to the guest. They travel when half of what is open is there, so that a wide batch costs few turns and a pipeline does
 *      not wait for its slowest item; a guest that wants each answer at once (`eager`) gets it so.
 *  Q2  A call that a limit refuses is never answered: the guest cannot catch the stop of its budget (RL-26). What was paid for
 *      before that still reaches its variables.
 */
import { condition } from '@temporalio/workflow';
import type { CallTag } from '../../protocol/model-call.ts';
import type { ReplCall, ReplSettlement, ReplState, ReplTurnEnd } from '../../protocol/repl.ts';
import type { ReplCalls } from './calls.ts';
import type { ReplSession } from './session.ts';

export interface CellHost {
  session: ReplSession;
  calls: ReplCalls;
  state(): ReplState;
  tag(label: string): CallTag;
  /** Whether the node must stop: its calls are refused from now on, and its cells are given up. */
  stopped(): boolean;
}

export interface CellEnd extends Omit<ReplTurnEnd, 'calls' | 'state' | 'eager'> {
  /** The node's budget ended while the cell ran. */
  givenUp: boolean;
}

export class CellRun {
  private readonly host: CellHost;
  private readonly cell: number;
  private readonly ready: ReplSettlement[] = [];
  private open = 0;
  private turn = 0;

  constructor(host: CellHost, cell: number) {
    this.host = host;
    this.cell = cell;
  }

  async run(code: string): Promise<CellEnd> {
    const { session } = this.host;
    const take = (turn: Parameters<ReplSession['take']>[0]) =>
      session.take(turn, this.host.tag(`cell ${this.cell}`), this.nextId());
    let end = await take({ kind: 'cell', cell: this.cell, code, state: this.host.state() });
    const hints = [...end.hints];
    let givenUp = false;
    let gas = end.gas;
    while (end.state === 'waiting') {
      this.start(end.calls);
      const { eager } = end;
      await condition(() => this.enough(eager));
      const settlements = this.ready.splice(0);
      givenUp = settlements.length === 0;
      const state = this.host.state();
      end = await take(givenUp ? { kind: 'abandon', state } : { kind: 'settle', settlements, state });
      hints.push(...end.hints);
      gas += end.gas;
    }
    return { ...end, hints, gas, givenUp };
  }

  private start(calls: ReplCall[]): void {
    for (const call of calls) {
      if (call.name === 'wrong') {
        this.ready.push({ id: call.id, ok: false, error: call.error });
        continue;
      }
      this.open += 1;
      void this.host.calls.run(call).then((settlement) => {
        this.open -= 1;
        if (settlement !== null) this.ready.push(settlement);
      });
    }
  }

  /** Enough answers for a turn (Q1); or none that could still come, so that the cell must be given up (Q2). */
  private enough(eager: boolean): boolean {
    if (this.open === 0) return true;
    if (this.host.stopped()) return false;
    return this.ready.length > 0 && (eager || this.ready.length >= this.open);
  }

  private nextId(): string {
    const { address } = this.host.tag('');
    const id = `${address}/cell:${this.cell}${this.turn === 0 ? '' : `.${this.turn}`}`;
    this.turn += 1;
    return id;
  }
}
