/**
 * What a child holds of its parent's budget.
 *
 *  K1  What a child used is charged once: as reported, or its whole lease when it died without a report (design §7).
 *  K2  What its requests in flight hold stays reserved while it asks for more, so nobody else can be given it.
 *  K3  A message says nothing of grants that its sender had not heard of: messages may overtake each other.
 */
import { isNothing, least, minus, NOTHING, readAmounts, readWant, type Amounts, type Used } from './amounts.ts';
import type { BudgetAnswer, BudgetAsk } from './child-lease.ts';
import { LimitReached, NOTHING_USED, type Grant, type Lease } from './lease.ts';

export class ChildAccount {
  private grants: (Grant & { answer: number })[] = [];
  /** Grants given. */
  private answers = 0;
  private closed = false;
  private readonly desk: Lease;

  constructor(desk: Lease) {
    this.desk = desk;
  }

  /** Charge, keep what is held (K2), let others have the rest, then ask for more. Null: there is nothing to answer, or nobody. */
  async exchange({ used, holding, heard, want }: BudgetAsk): Promise<BudgetAnswer | null> {
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
    before.forEach((grant, index) => {
      const keep = least(grant, left);
      left = minus(left, keep);
      const part = index === 0 ? used : NOTHING_USED;
      if (isNothing(keep)) return grant.settle(part);
      grant.reduce(part, keep);
      this.grants.push({ ...grant, ...keep });
    });
  }
}

/** Nobody knows its price: what was reserved is charged, and shown as unknown. */
function whole({ requests, inputTokens, outputTokens, usd }: Amounts): Used {
  const used: Used = { requests, spend: { inputTokens, outputTokens, usd: null } };
  return usd === 0 ? used : { ...used, nanoUsd: usd };
}
