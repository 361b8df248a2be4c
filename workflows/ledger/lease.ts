/**
 * Leases: how code that sends model requests gets leave to send them. A {@link Lease} is the only thing a conversation knows
 * of the budget; behind it stands a ledger ({@link LeaseDesk}), and behind that of a child node its parent's (child-lease.ts).
 */
import { NO_SPEND } from '../../protocol/outcome.ts';
import type { Ledger, LimitName, Reservation, Used, Want } from './ledger.ts';

export type { Used } from './ledger.ts';

export interface Grant extends Want {
  /** Ends the grant: refunds what was reserved, charges what was used. Call it once, also after a failure. */
  settle(used: Used): void;
  /** Charges what was used so far and gives back all but `keep`. */
  reduce(used: Used, keep: Want): void;
}

export interface Lease {
  /** A grant, now or when the request may be sent. Rejects with {@link LimitReached} when it never may. */
  acquire(want: Want): Grant | Promise<Grant>;
}

/** A limit forbids the request and the run does not wait for a higher one. */
export class LimitReached extends Error {
  readonly limit: LimitName;
  constructor(limit: LimitName) {
    super(`limit ${limit} is reached`);
    this.limit = limit;
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
      this.ledger.settle(reservation, { requests: 0, spend: NO_SPEND });
      this.pump();
      throw error;
    }
  }

  private grantOf(reservation: Reservation, above: Grant | null): Grant {
    return {
      requests: Math.min(reservation.requests, above?.requests ?? reservation.requests),
      outputTokens: Math.min(reservation.outputTokens, above?.outputTokens ?? reservation.outputTokens),
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
};
