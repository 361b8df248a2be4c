/**
 * What a child holds of its parent's budget.
 *
 *  K1  What a child used is charged once: as reported, or its whole lease when it died without a report (design §7).
 *  K2  What its requests in flight hold stays reserved while it asks for more, so nobody else can be given it.
 *  K3  A message says nothing of grants that its sender had not heard of: messages may overtake each other.
 */
import { NO_SPEND } from '../../protocol/outcome.ts';
import type { BudgetAnswer, BudgetAsk } from './child-lease.ts';
import type { Ledger, Used, Want } from './ledger.ts';
import { LimitReached, type Grant, type Lease } from './lease.ts';

const NOTHING: Used = { requests: 0, spend: NO_SPEND };

export class ChildAccount {
  private grants: (Grant & { answer: number })[] = [];
  /** Grants given. */
  private answers = 0;
  private closed = false;
  private readonly ledger: Ledger;
  private readonly desk: Lease;

  constructor(ledger: Ledger, desk: Lease) {
    this.ledger = ledger;
    this.desk = desk;
  }

  /** Charge, keep what is held (K2), let others have the rest, then ask for more. Null: there is nothing to answer, or nobody. */
  async exchange({ used, holding, heard, want }: BudgetAsk): Promise<BudgetAnswer | null> {
    this.report(used, holding, heard);
    if (want === null) return null;
    try {
      const grant = await this.desk.acquire(want);
      if (this.closed) {
        grant.settle(NOTHING);
        return null;
      }
      this.answers += 1;
      this.grants.push({ ...grant, answer: this.answers });
      return { granted: { requests: grant.requests, outputTokens: grant.outputTokens } };
    } catch (error) {
      if (error instanceof LimitReached) return { refused: error.limit };
      throw error;
    }
  }

  /** The child ended. `used` is what it had not reported yet; null when nobody knows (K1). */
  close(used: Used | null): void {
    this.closed = true;
    if (used !== null) this.report(used, { requests: 0, outputTokens: 0 }, this.answers);
    else for (const grant of this.grants.splice(0)) grant.settle(whole(grant));
  }

  private report(used: Used, holding: Want, heard: number): void {
    const before = this.grants.filter(({ answer }) => answer <= heard);
    this.grants = this.grants.filter(({ answer }) => answer > heard);
    if (before.length === 0) this.ledger.charge(used);
    const left = { ...holding };
    before.forEach((grant, index) => {
      const keep = {
        requests: Math.min(grant.requests, left.requests),
        outputTokens: Math.min(grant.outputTokens, left.outputTokens),
      };
      left.requests -= keep.requests;
      left.outputTokens -= keep.outputTokens;
      const part = index === 0 ? used : NOTHING;
      if (keep.requests === 0 && keep.outputTokens === 0) return grant.settle(part);
      grant.reduce(part, keep);
      this.grants.push({ ...grant, ...keep });
    });
  }
}

function whole({ requests, outputTokens }: Want): Used {
  return { requests, spend: { inputTokens: 0, outputTokens, usd: null } };
}
