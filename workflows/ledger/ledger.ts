/**
 * The ledger: what a run, a phase, a call may still spend. Pure and synchronous, so that it behaves the same live and in replay.
 *
 *  L1  For every capped kind, spent + reserved never exceeds the limit, as long as providers keep to `maxOutputTokens`, to
 *      their list prices and to the bound of input tokens (protocol/request-bound.ts).
 *  L2  Every reservation is settled exactly once; settling refunds what was reserved and charges what was used.
 *  L3  A request that does not fit waits while a reservation is outstanding (its refund may make room), else it is cut down to
 *      what is left, and refused when that is less than its least.
 *  L4  Truth beats the limit: usage above a reservation is charged in full, never hidden, and so is what was replayed. Where
 *      nobody knows a price, what was reserved is charged.
 *  L5  New limits, higher or lower, change nothing that is spent or reserved: they judge only what is asked for from then on.
 */
import { type Spend } from '../../protocol/outcome.ts';
import {
  chargeOf,
  KINDS,
  least,
  mapKinds,
  minus,
  nanoOf,
  NOTHING,
  plus,
  usdOf,
  type Amounts,
  type Kind,
  type Used,
  type Want,
} from './amounts.ts';

export type LimitName = 'maxCalls' | 'maxRequests' | 'maxInputTokens' | 'maxOutputTokens' | 'maxUsd' | 'maxTimeMs';

/** Limits as users give them: USD in dollars; null or absent: none. */
export type Caps = { maxCalls: number } & { [name in Exclude<LimitName, 'maxCalls'>]?: number | null | undefined };

export type Limits = { maxCalls: number } & { [name in Exclude<LimitName, 'maxCalls'>]: number | null };

export interface Reservation extends Amounts {
  readonly id: number;
}

export type Answer =
  | { kind: 'granted'; reservation: Reservation }
  | { kind: 'wait' }
  | { kind: 'refused'; limit: LimitName };

/** `spend` holds what was replayed. */
export interface LedgerState {
  calls: number;
  requests: number;
  refused: number;
  spend: Spend;
  replayed: Spend;
  replayedCalls: number;
  /** What is charged in nano-dollars, known or not, and whether a price was unknown. Absent in older handovers. */
  charged?: { paid: number; served: number; unpriced: { paid: boolean; served: boolean } };
}

const LIMIT_OF = {
  requests: 'maxRequests',
  inputTokens: 'maxInputTokens',
  outputTokens: 'maxOutputTokens',
  usd: 'maxUsd',
} as const satisfies { [kind in Kind]: LimitName };

const LIMIT_NAMES: readonly LimitName[] = ['maxCalls', ...Object.values(LIMIT_OF), 'maxTimeMs'];

export class Ledger {
  calls = 0;
  refused = 0;
  replayedCalls = 0;
  private readonly caps: Caps;
  private closedBy: LimitName | null = null;
  private nextId = 1;
  private readonly open = new Map<number, Reservation>();
  private reservedNow = NOTHING;
  /** New and replayed, as they are charged. */
  private paid = NOTHING;
  private served = NOTHING;
  /** A price was unknown: the sum of dollars is no fact any more. */
  private unpriced = { paid: false, served: false };

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
    const free = mapKinds((kind) => this.free(kind));
    for (const kind of KINDS) {
      const reserved = this.reservedNow[kind];
      // Tries of the same request are seldom used: fewer of them are taken at once, while others are out.
      const patient = kind !== 'requests' && reserved > 0;
      if (free[kind] >= want[kind] || (free[kind] >= want.least[kind] && !patient)) continue;
      return reserved > 0 ? { kind: 'wait' } : { kind: 'refused', limit: LIMIT_OF[kind] };
    }
    const reservation: Reservation = { id: this.nextId++, ...least(want, free) };
    this.open.set(reservation.id, reservation);
    this.reservedNow = plus(this.reservedNow, reservation);
    return { kind: 'granted', reservation };
  }

  /** Ends a reservation with what it really cost (L2, L4). */
  settle(reservation: Reservation, used: Used): void {
    this.reduce(reservation, used, NOTHING);
    this.open.delete(reservation.id);
  }

  /** Charges a part of a reservation and keeps at most `keep` of it reserved: in one step, so that nobody else takes the room. */
  reduce(reservation: Reservation, used: Used, keep: Amounts): void {
    const before = this.open.get(reservation.id);
    if (before === undefined) throw new RangeError(`reservation ${reservation.id} is settled already (L2)`);
    const after = { id: before.id, ...least(keep, before) };
    this.open.set(after.id, after);
    this.reservedNow = minus(this.reservedNow, minus(before, after));
    this.charge(used);
  }

  /** Takes back the count of calls that were admitted here and forbidden above. */
  unadmit(calls: number): void {
    this.calls -= calls;
  }

  /** Charges what was used without a reservation: only where nothing is capped. */
  charge(used: Used): void {
    this.paid = plus(this.paid, chargeOf(used));
    this.unpriced.paid ||= used.spend.usd === null;
  }

  /**
   * Charges what calls cost that were served from an earlier run's journal: budgets see it as if this run had paid, `usage` does
   * not (design §6). Nothing is sent, so no reservation is needed. The calls were admitted like all others.
   */
  chargeReplayed(spend: Spend, calls = 1): void {
    this.served = plus(this.served, chargeOf({ requests: 0, spend }));
    this.unpriced.served ||= spend.usd === null;
    this.replayedCalls += calls;
  }

  /** Requests that this run itself sent. */
  get requests(): number {
    return this.paid.requests;
  }

  /** What budgets see: what was paid and what was replayed. */
  get spend(): Spend {
    return spendOf(plus(this.paid, this.served), this.unpriced.paid || this.unpriced.served);
  }

  /** What this run itself spent. */
  get newSpend(): Spend {
    return spendOf(this.paid, this.unpriced.paid);
  }

  /** What an earlier run paid for. */
  get replayed(): Spend {
    return spendOf(this.served, this.unpriced.served);
  }

  get reserved(): Amounts {
    return this.reservedNow;
  }

  /** New caps, for example by `braid limit` (L5). A ledger that was closed stays so until the limit that closed it is raised. */
  raise(caps: Partial<Caps>): void {
    for (const name of LIMIT_NAMES) {
      const cap = caps[name];
      if (cap === undefined || (cap === null && name === 'maxCalls')) continue;
      Object.assign(this.caps, { [name]: cap });
      if (this.closedBy === name) this.closedBy = null;
    }
  }

  /** The limits as they are now. */
  get limits(): Limits {
    const { maxCalls, maxRequests = null, maxInputTokens = null, maxOutputTokens = null } = this.caps;
    const { maxUsd = null, maxTimeMs = null } = this.caps;
    return { maxCalls, maxRequests, maxInputTokens, maxOutputTokens, maxUsd, maxTimeMs };
  }

  /** What is spent, for the execution that continues this one; nothing may be reserved. */
  get state(): LedgerState {
    const { calls, requests, refused, spend, replayed, replayedCalls } = this;
    const charged = { paid: this.paid.usd, served: this.served.usd, unpriced: { ...this.unpriced } };
    return { calls, requests, refused, spend, replayed, replayedCalls, charged };
  }

  continueFrom({ calls, requests, refused, spend, replayed, replayedCalls, charged }: LedgerState): void {
    Object.assign(this, { calls, refused, replayedCalls });
    this.served = chargeOf({ requests: 0, spend: replayed });
    this.paid = minus(chargeOf({ requests, spend }), this.served);
    this.unpriced = { paid: spend.usd === null, served: replayed.usd === null };
    if (charged === undefined) return;
    this.served = { ...this.served, usd: charged.served };
    this.paid = { ...this.paid, usd: charged.paid };
    this.unpriced = { ...charged.unpriced };
  }

  /** Refuses everything from now on. */
  close(limit: LimitName): void {
    this.closedBy = limit;
  }

  limitOf(name: LimitName): number | null {
    return this.caps[name] ?? null;
  }

  /** Kinds of model requests that are capped: if there is none, children need no lease. */
  get capped(): readonly Kind[] {
    return KINDS.filter((kind) => this.limitOf(LIMIT_OF[kind]) !== null);
  }

  /** The limits of which at least `share` is used, in the user's units. `ms` is the time that counts against maxTimeMs. */
  nearLimits(share: number, ms: number): { name: LimitName; limit: number }[] {
    const { inputTokens, outputTokens, usd } = plus(this.paid, this.served);
    const used = {
      ...{
        maxCalls: this.calls,
        maxRequests: this.requests,
        maxInputTokens: inputTokens,
        maxOutputTokens: outputTokens,
      },
      ...{ maxUsd: usdOf(usd), maxTimeMs: ms },
    };
    return LIMIT_NAMES.flatMap((name) => {
      const limit = this.limitOf(name);
      return limit === null || used[name] < limit * share ? [] : [{ name, limit }];
    });
  }

  private free(kind: Kind): number {
    const cap = this.limitOf(LIMIT_OF[kind]);
    if (cap === null) return Number.POSITIVE_INFINITY;
    const limit = kind === 'usd' ? nanoOf(cap) : cap;
    return Math.max(0, limit - this.paid[kind] - this.served[kind] - this.reservedNow[kind]);
  }
}

function spendOf({ inputTokens, outputTokens, usd }: Amounts, unpriced: boolean): Spend {
  return { inputTokens, outputTokens, usd: unpriced ? null : usdOf(usd) };
}
