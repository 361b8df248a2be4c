/**
 * The ledger: what a run may still spend. Pure and synchronous, so that it behaves the same live and in replay.
 *
 *  L1  For every capped kind, spent + reserved never exceeds the limit, as long as providers keep to `maxOutputTokens`.
 *  L2  Every reservation is settled exactly once; settling refunds what was reserved and charges what was used.
 *  L3  A request that does not fit waits while a reservation is outstanding (its refund may make room), else it is refused.
 *  L4  Truth beats the limit: usage above a reservation is charged in full, never hidden.
 */
import { addSpend, type Spend } from '../../protocol/outcome.ts';
import type { RunLimits } from '../../protocol/run-input.ts';

export type LimitName = 'maxCalls' | 'maxRequests' | 'maxOutputTokens' | 'maxTimeMs';
type Caps = Pick<RunLimits, LimitName>;

/** What one model request wants: up to `requests` transport tries and up to `outputTokens`. */
export interface Want {
  requests: number;
  outputTokens: number;
}

export interface Reservation extends Want {
  readonly id: number;
}

/** What was used of a reservation. */
export interface Used {
  requests: number;
  spend: Spend;
}

export type Answer =
  | { kind: 'granted'; reservation: Reservation }
  | { kind: 'wait' }
  | { kind: 'refused'; limit: LimitName };

export class Ledger {
  calls = 0;
  refused = 0;
  requests = 0;
  spend: Spend = { inputTokens: 0, outputTokens: 0, usd: 0 };
  private caps: Caps;
  private closedBy: LimitName | null = null;
  private nextId = 1;
  private readonly open = new Map<number, Reservation>();
  private reservedRequests = 0;
  private reservedTokens = 0;

  constructor(caps: Caps) {
    this.caps = { ...caps };
  }

  /** Counts one call of a program, or names the limit that forbids it. */
  admitCall(): LimitName | null {
    if (this.closedBy !== null) return this.closedBy;
    if (this.calls >= this.caps.maxCalls) return 'maxCalls';
    this.calls += 1;
    return null;
  }

  reserve(want: Want): Answer {
    if (this.closedBy !== null) return { kind: 'refused', limit: this.closedBy };
    const freeRequests = left(this.caps.maxRequests, this.requests + this.reservedRequests);
    if (freeRequests < 1) return this.lacking('maxRequests', this.reservedRequests);
    const freeTokens = left(this.caps.maxOutputTokens, this.spend.outputTokens + this.reservedTokens);
    if (freeTokens < want.outputTokens && (freeTokens < 1 || this.reservedTokens > 0)) {
      return this.lacking('maxOutputTokens', this.reservedTokens);
    }
    const reservation: Reservation = {
      id: this.nextId++,
      requests: Math.min(want.requests, freeRequests),
      outputTokens: Math.min(want.outputTokens, freeTokens),
    };
    this.open.set(reservation.id, reservation);
    this.reservedRequests += reservation.requests;
    this.reservedTokens += reservation.outputTokens;
    return { kind: 'granted', reservation };
  }

  /** Ends a reservation with what it really cost (L2, L4). */
  settle(reservation: Reservation, used: Used): void {
    this.reduce(reservation, used, { requests: 0, outputTokens: 0 });
    this.open.delete(reservation.id);
  }

  /** Charges a part of a reservation and keeps at most `keep` of it reserved: in one step, so that nobody else takes the room. */
  reduce(reservation: Reservation, used: Used, keep: Want): void {
    const before = this.open.get(reservation.id);
    if (before === undefined) throw new RangeError(`reservation ${reservation.id} is settled already (L2)`);
    const after = {
      id: before.id,
      requests: Math.min(keep.requests, before.requests),
      outputTokens: Math.min(keep.outputTokens, before.outputTokens),
    };
    this.open.set(after.id, after);
    this.reservedRequests -= before.requests - after.requests;
    this.reservedTokens -= before.outputTokens - after.outputTokens;
    this.charge(used);
  }

  /** Takes back the count of calls that were admitted here and forbidden above. */
  unadmit(calls: number): void {
    this.calls -= calls;
  }

  /** Charges what was used without a reservation: only where nothing is capped. */
  charge(used: Used): void {
    this.requests += used.requests;
    this.spend = addSpend(this.spend, used.spend);
  }

  /** New caps, for example by `braid limit`. */
  raise(caps: Partial<Caps>): void {
    this.caps = { ...this.caps, ...caps };
    this.closedBy = null;
  }

  /** Refuses everything from now on. */
  close(limit: LimitName): void {
    this.closedBy = limit;
  }

  limitOf(name: LimitName): number | null {
    return this.caps[name];
  }

  /** Whether any model request is capped: if not, children need no lease. */
  get capped(): boolean {
    return this.caps.maxRequests !== null || this.caps.maxOutputTokens !== null;
  }

  get reserved(): Want {
    return { requests: this.reservedRequests, outputTokens: this.reservedTokens };
  }

  private lacking(limit: LimitName, outstanding: number): Answer {
    return outstanding > 0 ? { kind: 'wait' } : { kind: 'refused', limit };
  }
}

function left(cap: number | null, taken: number): number {
  return cap === null ? Number.POSITIVE_INFINITY : Math.max(0, cap - taken);
}
