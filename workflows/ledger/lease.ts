/**
 * Leases: how code that sends model requests gets leave to send them. A {@link Lease} is the only thing an agent loop knows
 * of the budget; behind it stands the run's ledger, directly ({@link LeaseDesk}) or by signals from a child (child-lease.ts).
 */
import type { Spend } from '../../protocol/outcome.ts';
import type { Ledger, LimitName, Reservation, Want } from './ledger.ts';

export interface Used {
  requests: number;
  spend: Spend;
}

export interface Grant extends Want {
  /** Ends the grant: refunds what was reserved, charges what was used. Call it once, also after a failure. */
  settle(used: Used): void;
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

/** Hands out the ledger's reservations, first come first served. */
export class LeaseDesk implements Lease {
  private readonly ledger: Ledger;
  private readonly onRefused: (limit: LimitName) => Promise<void>;
  private readonly waiting: { want: Want; resolve: (r: Reservation | LimitName) => void }[] = [];

  /** `onRefused` may wait for a higher limit (`--on-limit pause`); it throws {@link LimitReached} otherwise. */
  constructor(ledger: Ledger, onRefused: (limit: LimitName) => Promise<void>) {
    this.ledger = ledger;
    this.onRefused = onRefused;
  }

  acquire(want: Want): Grant | Promise<Grant> {
    const answer = this.waiting.length === 0 ? this.ledger.reserve(want) : null;
    if (answer?.kind === 'granted') return this.grantOf(answer.reservation);
    return this.reserve(want).then((reservation) => this.grantOf(reservation));
  }

  async reserve(want: Want): Promise<Reservation> {
    for (;;) {
      const answer = await new Promise<Reservation | LimitName>((resolve) => {
        this.waiting.push({ want, resolve });
        this.pump();
      });
      if (typeof answer !== 'string') return answer;
      await this.onRefused(answer);
    }
  }

  settle(reservation: Reservation, used: Used): void {
    this.ledger.settle(reservation, used);
    this.pump();
  }

  private grantOf(reservation: Reservation): Grant {
    const { requests, outputTokens } = reservation;
    return { requests, outputTokens, settle: (used) => this.settle(reservation, used) };
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
}

/** A lease without caps: nothing to ask for, nothing to report but the final result. */
export const FREE_LEASE: Lease = {
  acquire: (want) => ({ ...want, settle: () => undefined }),
};
