/**
 * A child's part of a capped budget: a balance that its parent grants in chunks, so that few messages are needed.
 *
 *  C1  Asking for more gives back all that no request in flight holds, and so does what is refunded while the question is open:
 *      a waiting child blocks nobody.
 *  C2  What was used since the last message travels with the next one, or with the child's result: it is counted once.
 *  C3  One question is open at a time; requests are granted in the order in which they were asked for.
 */
import { addSpend, NO_SPEND } from '../../protocol/outcome.ts';
import type { LimitName, Used, Want } from './ledger.ts';
import { LimitReached, type Grant, type Lease } from './lease.ts';

/** Child → parent: what was used, what requests in flight hold, what is wanted beside it. */
export interface BudgetAsk {
  used: Used;
  holding: Want;
  /** How many grants it has heard of. */
  heard: number;
  /** Null: nothing is asked for, it is only given back. */
  want: Want | null;
}

/** Parent → child. */
export type BudgetAnswer = { granted: Want } | { refused: LimitName };

interface Waiting {
  want: Want;
  resolve(grant: Grant): void;
  reject(error: LimitReached): void;
}

/** How many requests of the same size are asked for at once. */
const CHUNK = 2;
const NOTHING: Want = { requests: 0, outputTokens: 0 };
const NOTHING_USED: Used = { requests: 0, spend: NO_SPEND };

export class ChildLease implements Lease {
  /** What the parent has not heard of yet (C2). */
  unreported: Used = NOTHING_USED;
  private balance = NOTHING;
  private held = NOTHING;
  private asking = false;
  private heard = 0;
  private readonly waiting: Waiting[] = [];
  private readonly ask: (ask: BudgetAsk) => void;

  constructor(ask: (ask: BudgetAsk) => void) {
    this.ask = ask;
  }

  acquire(want: Want): Grant | Promise<Grant> {
    if (this.waiting.length === 0 && this.covers(want)) return this.take(want);
    return new Promise((resolve, reject) => {
      this.waiting.push({ want, resolve, reject });
      this.pump();
    });
  }

  /** The parent's answer to the open question. */
  answer(answer: BudgetAnswer): void {
    this.asking = false;
    if ('refused' in answer) {
      this.waiting.shift()?.reject(new LimitReached(answer.refused));
    } else {
      this.heard += 1;
      this.balance = plus(this.balance, answer.granted);
      const first = this.waiting.shift();
      // Less than wanted may have been granted: it is what is left.
      if (first !== undefined) first.resolve(this.take(first.want));
      // Refunds have served whoever it was asked for.
      else this.tell(null);
    }
    this.pump();
  }

  private pump(): void {
    for (let first = this.waiting[0]; first !== undefined && this.covers(first.want); first = this.waiting[0]) {
      this.waiting.shift();
      first.resolve(this.take(first.want));
    }
    const [first] = this.waiting;
    if (first === undefined) return;
    const { requests, outputTokens } = first.want;
    if (!this.asking) this.tell({ requests: requests * CHUNK, outputTokens: outputTokens * CHUNK });
    else if (this.unreported.requests > 0 || this.balance.requests > 0 || this.balance.outputTokens > 0)
      this.tell(null);
  }

  /** With `want` null it is only said what was used and what is given back; all that waits is then asked for already. */
  private tell(want: Want | null): void {
    const { unreported: used, held: holding, heard } = this;
    this.unreported = NOTHING_USED;
    this.balance = NOTHING;
    this.asking ||= want !== null;
    this.ask({ used, holding, heard, want });
  }

  private covers(want: Want): boolean {
    return this.balance.requests >= 1 && this.balance.outputTokens >= want.outputTokens;
  }

  private take(want: Want): Grant {
    let grant: Want = {
      requests: Math.min(want.requests, this.balance.requests),
      outputTokens: Math.min(want.outputTokens, this.balance.outputTokens),
    };
    this.balance = minus(this.balance, grant);
    this.held = plus(this.held, grant);
    const reduce = (used: Used, keep: Want): void => {
      const spent = { requests: used.requests, outputTokens: used.spend.outputTokens };
      const kept = {
        requests: Math.min(keep.requests, grant.requests),
        outputTokens: Math.min(keep.outputTokens, grant.outputTokens),
      };
      const before = grant;
      grant = kept;
      this.held = minus(this.held, minus(before, kept));
      this.balance = plus(this.balance, minus(minus(before, kept), spent));
      this.unreported = {
        requests: this.unreported.requests + used.requests,
        spend: addSpend(this.unreported.spend, used.spend),
      };
      this.pump();
    };
    return { ...grant, reduce, settle: (used) => reduce(used, NOTHING) };
  }
}

function plus(a: Want, b: Want): Want {
  return { requests: a.requests + b.requests, outputTokens: a.outputTokens + b.outputTokens };
}

function minus(a: Want, b: Want): Want {
  return { requests: Math.max(0, a.requests - b.requests), outputTokens: Math.max(0, a.outputTokens - b.outputTokens) };
}
