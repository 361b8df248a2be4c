/**
 * A child's part of a capped budget: a balance that its parent grants in chunks, so that few messages are needed.
 *
 *  C1  Asking for more gives back all that no request in flight holds, and so does what is refunded while the question is open:
 *      a waiting child blocks nobody.
 *  C2  What was used since the last message travels with the next one, or with the child's result: it is counted once.
 *  C3  One question is open at a time; requests are granted in the order in which they were asked for.
 *  C4  Only the kinds that are capped above are counted; of the others every request gets what it wants.
 */
import {
  addUsed,
  chargeOf,
  covers,
  isNothing,
  least,
  minus,
  NOTHING,
  only,
  plus,
  readAmounts,
  times,
  type Amounts,
  type Kind,
  type Used,
  type Want,
  type WireAmounts,
} from './amounts.ts';
import type { LimitName } from './ledger.ts';
import { LimitReached, NOTHING_USED, type Grant, type Lease } from './lease.ts';

/** Child → parent: what was used, what requests in flight hold, what is wanted beside it. */
export interface BudgetAsk {
  used: Used;
  holding: WireAmounts;
  /** How many grants it has heard of. */
  heard: number;
  /** The how-many-th of this child; absent in runs of older builds. */
  seq?: number;
  /** Null: nothing is asked for, it is only given back. */
  want: (WireAmounts & { least?: WireAmounts }) | null;
}

/** Parent → child. */
export type BudgetAnswer = { granted: WireAmounts } | { refused: LimitName; of?: string };

interface Waiting {
  /** As it was asked for. */
  want: Want;
  /** The part of it that is counted (C4). */
  counted: Want;
  resolve(grant: Grant): void;
  reject(error: LimitReached): void;
}

/** How many requests of the same size are asked for at once. */
const CHUNK = 2;
/** What runs of older builds count. */
const ALWAYS: readonly Kind[] = ['requests', 'outputTokens'];

export class ChildLease implements Lease {
  /** What the parent has not heard of yet (C2). */
  unreported: Used = NOTHING_USED;
  readonly kinds: readonly Kind[];
  private balance = NOTHING;
  private held = NOTHING;
  private asking = false;
  private heard = 0;
  private readonly waiting: Waiting[] = [];
  private readonly ask: (ask: BudgetAsk) => void;

  constructor(ask: (ask: BudgetAsk) => void, kinds: readonly Kind[] = ALWAYS) {
    this.ask = ask;
    this.kinds = kinds;
  }

  acquire(want: Want): Grant | Promise<Grant> {
    const counted = { ...only(this.kinds, want), least: only(this.kinds, want.least) };
    if (this.waiting.length === 0 && this.serves(counted)) return this.take(want, counted);
    return new Promise((resolve, reject) => {
      this.waiting.push({ want, counted, resolve, reject });
      this.pump();
    });
  }

  charge(used: Used): void {
    this.unreported = addUsed(this.unreported, used);
  }

  /** The parent's answer to the open question. */
  answer(answer: BudgetAnswer): void {
    this.asking = false;
    if ('refused' in answer) {
      this.waiting.shift()?.reject(new LimitReached(answer.refused, answer.of ?? null));
    } else {
      this.heard += 1;
      this.balance = plus(this.balance, readAmounts(answer.granted));
      const [first] = this.waiting;
      // Less than wanted may have been granted: it is what is left. But it may have been asked for by a smaller request.
      if (first !== undefined && covers(this.balance, first.counted.least)) {
        this.waiting.shift();
        first.resolve(this.take(first.want, first.counted));
      }
      // Refunds have served whoever it was asked for.
      else if (first === undefined) this.tell(null);
    }
    this.pump();
  }

  private pump(): void {
    for (let first = this.waiting[0]; first !== undefined && this.serves(first.counted); first = this.waiting[0]) {
      this.waiting.shift();
      first.resolve(this.take(first.want, first.counted));
    }
    const [first] = this.waiting;
    if (first === undefined) return;
    if (!this.asking) this.tell(first.counted);
    else if (this.unreported.requests > 0 || !isNothing(this.balance)) this.tell(null);
  }

  /** With `want` null it is only said what was used and what is given back; all that waits is then asked for already. */
  private tell(want: Want | null): void {
    const { unreported: used, held: holding, heard } = this;
    this.unreported = NOTHING_USED;
    this.balance = NOTHING;
    this.asking ||= want !== null;
    this.ask({ used, holding, heard, want: want === null ? null : { ...times(want, CHUNK), least: want.least } });
  }

  /** Whether the balance has all that a request wants; of its tries, one is enough. */
  private serves(want: Want): boolean {
    return covers(this.balance, { ...want, requests: want.least.requests });
  }

  private take(want: Want, counted: Want): Grant {
    let grant = least(counted, this.balance);
    this.balance = minus(this.balance, grant);
    this.held = plus(this.held, grant);
    const reduce = (used: Used, keep: Amounts): void => {
      const before = grant;
      grant = least(keep, before);
      const freed = minus(before, grant);
      this.held = minus(this.held, freed);
      this.balance = plus(this.balance, minus(freed, only(this.kinds, chargeOf(used))));
      this.unreported = addUsed(this.unreported, used);
      this.pump();
    };
    const free = minus(want, only(this.kinds, want));
    return { ...plus(grant, free), reduce, settle: (used) => reduce(used, NOTHING) };
  }
}
