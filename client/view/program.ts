/**
 * What the reducer remembers of a program of the tree (a script or an RLM): the turns of its loop and the cells they wrote.
 *
 *  N1  A TurnView or CellView is replaced, never changed in place: views that were handed out stay as they are.
 *  N2  A request that the provider told to wait is asked again: both are one turn.
 *  N3  A step that was lost leaves its cell as it is: the same step comes again.
 */
import { addSpend, NO_SPEND, type Spend } from '../../protocol/outcome.ts';
import type { CellView, NodeView, TurnView } from '../../protocol/view.ts';
import type { FailureData } from '../../histories/decoded.ts';
import type { Answer } from './parse.ts';
import type { CellStep, NodeEnd, NodeStart } from './parse-rlm.ts';

type Cell = Omit<CellView, 'usage'>;
export type ProgramKind = Exclude<NodeView['kind'], 'agent'>;

/** Ids of steps: `…/cell:4` begins a cell, `…/cell:4.1` brings it answers, a suffix `~2` is the second try. */
const STEP = /cell:(\d+)(?:\.\d+)?(?:~\d+)?$/;

export class Program {
  /** `root`, or the address of the call that it answers. */
  readonly address: string;
  kind: ProgramKind;
  start: NodeStart | null = null;
  end: NodeEnd | null = null;
  startedAt: number | null = null;
  endedAt: number | null = null;
  /** Own requests of a root; those of any other program stand with its call. */
  spend: Spend = NO_SPEND;
  requests = 0;
  readonly turns: TurnView[] = [];
  readonly cells: Cell[] = [];
  /** Addresses of all calls it made, in order. */
  readonly calls: string[] = [];

  constructor(address: string, kind: ProgramKind) {
    this.address = address;
    this.kind = kind;
  }

  turnBegun(at: number): void {
    const last = this.turns.at(-1);
    if (last?.state === 'waiting') return this.#patchTurn({ state: 'running' });
    this.turns.push({
      iteration: this.turns.length + 1,
      state: 'running',
      text: '',
      usage: NO_SPEND,
      requests: 0,
      startedAt: at,
      endedAt: null,
    });
  }

  turnAnswered({ text, usage, requests, rateLimited }: Answer, at: number): void {
    const last = this.turns.at(-1);
    if (last === undefined) return;
    const cost = { usage: addSpend(last.usage, usage), requests: last.requests + requests };
    this.#patchTurn(rateLimited ? { ...cost, state: 'waiting' } : { ...cost, state: 'done', text, endedAt: at });
  }

  turnFailed(cost: { usage: Spend; requests: number }, at: number): void {
    const last = this.turns.at(-1);
    if (last === undefined || last.endedAt !== null) return;
    const requests = last.requests + cost.requests;
    this.#patchTurn({ state: 'failed', usage: addSpend(last.usage, cost.usage), requests, endedAt: at });
  }

  charge(usage: Spend, requests: number): void {
    this.spend = addSpend(this.spend, usage);
    this.requests += requests;
  }

  /** A call belongs to the cell that was begun last: cells run one at a time. */
  called(address: string): void {
    this.calls.push(address);
    const cell = this.cells.at(-1);
    if (cell !== undefined) this.#patchCell(cell.cell, { calls: [...cell.calls, address] });
  }

  /** Gives the number of the cell that the step begins; null when it goes on with one. */
  stepScheduled(activityId: string, code: string | null, at: number): number | null {
    const cell = cellOf(activityId);
    if (cell === null) return null;
    if (this.cells.some((known) => known.cell === cell)) {
      this.#patchCell(cell, { state: 'running', ...(code === null ? {} : { code }) });
      return null;
    }
    this.cells.push({
      cell,
      iteration: this.turns.length,
      code: code ?? '',
      state: 'running',
      output: '',
      outputChars: 0,
      error: null,
      hints: [],
      variables: [],
      final: false,
      calls: [],
      ms: 0,
      gas: 0,
      startedAt: at,
      endedAt: null,
    });
    return cell;
  }

  /** Gives the number of the cell that the step ended; null when it did not end one. */
  stepEnded(activityId: string, step: CellStep | null, at: number): number | null {
    const cell = this.cells.findLast((known) => known.cell === cellOf(activityId));
    // Of a lost step the cell knows nothing (N3).
    if (cell === undefined || step === null) return null;
    const { idle, output, outputChars, error, hints, variables, final, gas, ms } = step;
    const state = !idle ? 'waiting' : error === null ? 'done' : 'failed';
    this.#patchCell(cell.cell, {
      ...{ state, output, outputChars, error, variables },
      hints: [...cell.hints, ...hints],
      final: cell.final || final,
      gas: cell.gas + gas,
      ms: cell.ms + ms,
      endedAt: idle ? at : null,
    });
    return idle ? cell.cell : null;
  }

  /** A step that was given up: if it does not come again, this is why its cell never ended. */
  stepFailed(activityId: string, { code, message }: FailureData): void {
    const cell = cellOf(activityId);
    const error = {
      name: 'Error',
      message: `the step was lost: ${message}`,
      code,
      line: null,
      column: null,
      frame: '',
    };
    if (cell !== null) this.#patchCell(cell, { error });
  }

  /** The program has ended: what was at work was given up. */
  close(at: number): void {
    this.endedAt ??= at;
    for (const { cell, endedAt } of this.cells)
      if (endedAt === null) this.#patchCell(cell, { state: 'failed', endedAt: at });
    if (this.turns.at(-1)?.endedAt === null) this.#patchTurn({ state: 'failed', endedAt: at });
  }

  #patchTurn(change: Partial<TurnView>): void {
    const last = this.turns.length - 1;
    const turn = this.turns[last];
    if (turn !== undefined) this.turns[last] = { ...turn, ...change };
  }

  #patchCell(number: number, change: Partial<Cell>): void {
    const index = this.cells.findLastIndex((known) => known.cell === number);
    const cell = this.cells[index];
    if (cell !== undefined) this.cells[index] = { ...cell, ...change };
  }
}

function cellOf(activityId: string): number | null {
  const found = STEP.exec(activityId)?.[1];
  return found === undefined ? null : Number(found);
}
