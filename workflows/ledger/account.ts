/**
 * What a child holds of its parent's budget.
 *
 *  K1  What a child used is charged once: as reported, or its whole lease when it died without a report (design §7).
 *  K2  What its requests in flight hold stays reserved while it asks for more, so nobody else can be given it.
 *  K3  A message says nothing of grants that its sender had not heard of: an answer may be underway.
 *  K4  Messages are taken in the order in which they were sent, whichever comes first: between one that says what was used and a later
 *      one that says what is held, the room of what was used would seem free.
 *  K5  No grant is charged more than it gives back while another one has room: what backs it would take the rest for unused.
 *
 * Children of older builds do not number their messages: those are taken as they come, and charged to the first grant.
 */
import {
  chargeOf,
  isNothing,
  least,
  minus,
  NOTHING,
  readAmounts,
  readWant,
  usdOf,
  type Amounts,
  type Used,
} from './amounts.ts';
import type { BudgetAnswer, BudgetAsk } from './child-lease.ts';
import { LimitReached, NOTHING_USED, type Grant, type Lease } from './lease.ts';

export class ChildAccount {
  private grants: (Grant & { answer: number })[] = [];
  /** Grants given. */
  private answers = 0;
  private closed = false;
  /** Messages taken. */
  private taken = 0;
  private numbered = false;
  /** Messages that overtook others, by their place (K4). */
  private readonly early = new Map<number, () => void>();
  private readonly desk: Lease;

  constructor(desk: Lease) {
    this.desk = desk;
  }

  /** Takes a message in its turn. Null: there is nothing to answer, or nobody. */
  exchange(ask: BudgetAsk): Promise<BudgetAnswer | null> {
    const { seq = this.taken + 1 } = ask;
    this.numbered ||= ask.seq !== undefined;
    if (seq <= this.taken + 1) return this.take(ask);
    return new Promise((resolve) => this.early.set(seq, () => resolve(this.take(ask))));
  }

  private take(ask: BudgetAsk): Promise<BudgetAnswer | null> {
    this.taken += 1;
    const answer = this.answer(ask);
    const next = this.early.get(this.taken + 1);
    this.early.delete(this.taken + 1);
    next?.();
    return answer;
  }

  /** Charge, keep what is held (K2), let others have the rest, then ask for more. */
  private async answer({ used, holding, heard, want }: BudgetAsk): Promise<BudgetAnswer | null> {
    this.report(used, readAmounts(holding), heard);
    if (want === null) return null;
    try {
      const grant = await this.desk.acquire(readWant(want));
      if (this.closed) {
        grant.settle(NOTHING_USED);
        return null;
      }
      this.answers += 1;
      this.grants.push({ ...grant, answer: this.answers });
      return { granted: readAmounts(grant) };
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error;
      return { refused: error.limit, ...(error.of === null ? {} : { of: error.of }) };
    }
  }

  /** The child ended. `used` is what it had not reported yet; null when nobody knows (K1). */
  close(used: Used | null): void {
    this.closed = true;
    if (used !== null) this.report(used, NOTHING, this.answers);
    else for (const grant of this.grants.splice(0)) grant.settle(whole(grant));
  }

  private report(used: Used, holding: Amounts, heard: number): void {
    const before = this.grants.filter(({ answer }) => answer <= heard);
    this.grants = this.grants.filter(({ answer }) => answer > heard);
    if (before.length === 0) this.desk.charge(used);
    let left = holding;
    const kept = before.map((grant) => {
      const keep = least(grant, left);
      left = minus(left, keep);
      return { grant, keep, room: minus(grant, keep) };
    });
    const rooms = kept.map(({ room }) => room);
    const parts = this.numbered ? shares(used, rooms) : [used];
    kept.forEach(({ grant, keep }, index) => {
      const part = parts[index] ?? NOTHING_USED;
      if (isNothing(keep)) return grant.settle(part);
      grant.reduce(part, keep);
      this.grants.push({ ...grant, ...keep });
    });
  }
}

/** What was used, divided among rooms; the last takes what has no room (K5). */
function shares(used: Used, rooms: Amounts[]): Used[] {
  let left = chargeOf(used);
  return rooms.map((room, index) => {
    const part = index === rooms.length - 1 ? left : least(left, room);
    left = minus(left, part);
    return usedOf(part, used.spend.usd !== null);
  });
}

function usedOf({ requests, inputTokens, outputTokens, usd }: Amounts, priced: boolean): Used {
  const used: Used = { requests, spend: { inputTokens, outputTokens, usd: priced ? usdOf(usd) : null } };
  return priced || usd === 0 ? used : { ...used, nanoUsd: usd };
}

/** Nobody knows its price: what was reserved is charged, and shown as unknown. */
function whole(grant: Amounts): Used {
  return usedOf(grant, false);
}
