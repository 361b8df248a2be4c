/**
 * The books that a call is written into. Those of a node are its tree's (tree/tree.ts); a phase or a call with a budget has books of
 * its own above which they stand ({@link PartBooks}).
 *
 *  P1  What a part counts, reserves and spends, all above it do as well: its caps only tighten theirs.
 *  P2  A part's caps are the program's own, so nobody waits for higher ones: what exceeds them is refused at once.
 */
import type { Spend } from '../../protocol/outcome.ts';
import type { PartBudget } from '../../protocol/run-input.ts';
import type { Kind } from './amounts.ts';
import { capsOf } from './budget.ts';
import { Ledger, type LedgerState, type LimitName } from './ledger.ts';
import { LeaseDesk, LimitReached } from './lease.ts';
import type { Admission, Link } from './link.ts';

export interface Books {
  readonly desk: LeaseDesk;
  /** Kinds that are capped here or above: children lease them, and requests are bounded by them. Empty: nothing is capped. */
  readonly kinds: readonly Kind[];
  /** Counts one call: null, or the limit of the run that forbids it for good, or that it must be waited for. Throws LimitReached. */
  admit(): LimitName | 'wait' | null;
  /** Counts calls, as many as the limits allow. */
  admitCalls(count: number): Promise<Admission>;
  /** What calls cost that an earlier run paid for (ledger.ts, chargeReplayed). */
  chargeReplayed(spend: Spend, calls?: number): void;
  /** Wall time that is left to a call that begins now, in ms; null: as long as it likes. */
  timeLeft(): number | null;
}

/** `ranMs`: wall time that counts, at some moment. */
export interface PartState {
  ledger: LedgerState;
  ranMs: number;
}

export class PartBooks implements Books {
  readonly desk: LeaseDesk;
  readonly ledger: Ledger;
  /** Whose budget it is, for messages. */
  readonly name: string;
  private readonly above: Books;
  private readonly clock: () => number;
  private began: number;

  /** `clock` gives the wall time that the run has used. */
  constructor(above: Books, budget: PartBudget, { name, clock }: { name: string; clock: () => number }) {
    this.above = above;
    this.name = name;
    this.clock = clock;
    this.began = clock();
    this.ledger = new Ledger(capsOf(budget));
    this.desk = new LeaseDesk(this.ledger, above.desk, (limit) => Promise.reject(new LimitReached(limit, name)));
  }

  /** A program that names its budget anew changes the caps; what is spent stays spent. */
  change(budget: PartBudget): void {
    this.ledger.raise(capsOf(budget));
    this.desk.pump();
  }

  get kinds(): readonly Kind[] {
    return [...new Set([...this.above.kinds, ...this.ledger.capped])];
  }

  admit(): LimitName | 'wait' | null {
    const limit = this.count();
    if (limit !== null) throw new LimitReached(limit, this.name);
    try {
      const above = this.above.admit();
      if (above !== null) this.ledger.unadmit(1);
      return above;
    } catch (error) {
      this.ledger.unadmit(1);
      throw error;
    }
  }

  async admitCalls(count: number): Promise<Admission> {
    let admitted = 0;
    let limit: LimitName | null = null;
    while (admitted < count && limit === null) {
      limit = this.count();
      if (limit === null) admitted += 1;
    }
    const mine: Admission = limit === null ? { admitted, limit } : { admitted, limit, of: this.name };
    if (admitted === 0) return mine;
    const above = await this.above.admitCalls(admitted);
    this.ledger.unadmit(admitted - above.admitted);
    return above.limit === null ? mine : above;
  }

  chargeReplayed(spend: Spend, calls?: number): void {
    this.ledger.chargeReplayed(spend, calls);
    this.above.chargeReplayed(spend, calls);
  }

  timeLeft(): number | null {
    const above = this.above.timeLeft();
    const limit = this.ledger.limitOf('maxTimeMs');
    if (limit === null) return above;
    const left = Math.max(1, limit - this.usedMs);
    return above === null ? left : Math.min(above, left);
  }

  get usedMs(): number {
    return this.clock() - this.began;
  }

  get state(): PartState {
    return { ledger: this.ledger.state, ranMs: this.usedMs };
  }

  continueFrom({ ledger, ranMs }: PartState): void {
    this.ledger.continueFrom(ledger);
    this.began = this.clock() - ranMs;
  }

  private count(): LimitName | null {
    const limit = this.ledger.limitOf('maxTimeMs');
    return limit !== null && this.usedMs >= limit ? 'maxTimeMs' : this.ledger.admitCall();
  }
}

/** Counts one call, as soon as that may be. Throws LimitReached. */
export async function admission(books: Pick<Books, 'admitCalls'>): Promise<void> {
  const { limit, of } = await books.admitCalls(1);
  if (limit !== null) throw new LimitReached(limit, of ?? null);
}

/** Counts calls of a node and of all above it. `onLimit` waits for a higher limit of the node's own, or throws {@link LimitReached}. */
export async function countCalls(
  count: number,
  ledger: Ledger,
  link: Link | null,
  onLimit: (limit: LimitName) => Promise<void>,
): Promise<Admission> {
  let admitted = 0;
  let limit: LimitName | null = null;
  while (admitted < count && limit === null) {
    const reached = ledger.admitCall();
    if (reached === null) admitted += 1;
    else limit = await onLimit(reached).then(() => null, limitOf);
  }
  if (link === null || admitted === 0) return { admitted, limit };
  const above = await link.admit(admitted);
  ledger.unadmit(admitted - above.admitted);
  return above.limit === null ? { admitted: above.admitted, limit } : above;
}

function limitOf(error: unknown): LimitName {
  if (error instanceof LimitReached) return error.limit;
  throw error;
}

/** What a part without a value is told of its limit. */
export function usedUp({ limit, of }: LimitReached): string {
  return `The budget of ${of ?? 'the run'} is used up (${limit.replace(/^max(.)/, (_all, letter: string) => letter.toLowerCase())})`;
}
