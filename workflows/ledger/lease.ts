/**
 * Leases: how code that sends model requests gets leave to send them. A {@link Lease} is the only thing a conversation knows
 * of the budget; behind it stands a ledger ({@link LeaseDesk}), and behind that of a phase or of a child node the one above.
 */
import { NO_SPEND } from '../../protocol/outcome.ts';
import { least, type Amounts, type Used, type Want } from './amounts.ts';
import type { Ledger, LimitName, Reservation } from './ledger.ts';

export type { Used } from './amounts.ts';

export interface Grant extends Amounts {
  /** Ends the grant: refunds what was reserved, charges what was used. Call it once, also after a failure. */
  settle(used: Used): void;
  /** Charges what was used so far and gives back all but `keep`. */
  reduce(used: Used, keep: Amounts): void;
}

export interface Lease {
  /** A grant, now or when the request may be sent. Rejects with {@link LimitReached} when it never may. */
  acquire(want: Want): Grant | Promise<Grant>;
  /** Charges what was used without a grant: by children that need none, because nothing is capped. */
  charge(used: Used): void;
}

export const NOTHING_USED: Used = { requests: 0, spend: NO_SPEND };

/** What {@link LimitReached} names as the holder of a call's own budget: it ends that call, and nothing else. */
export const OWN_BUDGET = 'the call';

/** A limit forbids the request and the run does not wait for a higher one. */
export class LimitReached extends Error {
  readonly limit: LimitName;
  /** Whose limit it is, for example `phase "review"`; null: the run's. */
  readonly of: string | null;

  constructor(limit: LimitName, of: string | null = null) {
    super(`limit ${limit} of ${of ?? 'the run'} is reached`);
    this.limit = limit;
    this.of = of;
  }
}

/** Hands out a ledger's reservations, first come first served; each is backed by one of `upstream`, if there is one. */
export class LeaseDesk implements Lease {
  private readonly ledger: Ledger;
  private readonly upstream: Lease | null;
  private readonly onRefused: (limit: LimitName) => Promise<void>;
  private readonly waiting: { want: Want; resolve: (r: Reservation | LimitName) => void }[] = [];

  /** `onRefused` may wait for a higher limit (`--on-limit pause`); it throws {@link LimitReached} otherwise. */
  constructor(ledger: Ledger, upstream: Lease | null, onRefused: (limit: LimitName) => Promise<void>) {
    this.ledger = ledger;
    this.upstream = upstream;
    this.onRefused = onRefused;
  }

  acquire(want: Want): Grant | Promise<Grant> {
    const answer = this.waiting.length === 0 ? this.ledger.reserve(want) : null;
    if (answer?.kind === 'granted' && this.upstream === null) return this.grantOf(answer.reservation, null);
    const reserved = answer?.kind === 'granted' ? Promise.resolve(answer.reservation) : this.reserve(want);
    return reserved.then((reservation) => this.backed(reservation, want));
  }

  charge(used: Used): void {
    this.ledger.charge(used);
    this.upstream?.charge(used);
  }

  /** To be called after limits changed or the ledger was closed. */
  pump(): void {
    for (;;) {
      const first = this.waiting[0];
      if (first === undefined) return;
      const answer = this.ledger.reserve(first.want);
      if (answer.kind === 'wait') return;
      this.waiting.shift();
      first.resolve(answer.kind === 'granted' ? answer.reservation : answer.limit);
    }
  }

  private async reserve(want: Want): Promise<Reservation> {
    for (;;) {
      const answer = await new Promise<Reservation | LimitName>((resolve) => {
        this.waiting.push({ want, resolve });
        this.pump();
      });
      if (typeof answer !== 'string') return answer;
      await this.onRefused(answer);
    }
  }

  private async backed(reservation: Reservation, want: Want): Promise<Grant> {
    if (this.upstream === null) return this.grantOf(reservation, null);
    try {
      return this.grantOf(reservation, await this.upstream.acquire(want));
    } catch (error) {
      this.ledger.settle(reservation, NOTHING_USED);
      this.pump();
      throw error;
    }
  }

  private grantOf(reservation: Reservation, above: Grant | null): Grant {
    const { requests, inputTokens, outputTokens, usd } = above === null ? reservation : least(reservation, above);
    return {
      ...{ requests, inputTokens, outputTokens, usd },
      settle: (used) => {
        this.ledger.settle(reservation, used);
        above?.settle(used);
        this.pump();
      },
      reduce: (used, keep) => {
        this.ledger.reduce(reservation, used, keep);
        above?.reduce(used, keep);
        this.pump();
      },
    };
  }
}

/** A lease without caps: nothing to ask for, nothing to report but the final result. */
export const FREE_LEASE: Lease = {
  acquire: (want) => ({ ...want, settle: () => undefined, reduce: () => undefined }),
  charge: () => undefined,
};
