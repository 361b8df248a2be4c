/**
 * A child's lease under a capped ledger: a balance granted by the parent in chunks, so that few messages are needed.
 *
 *  C1  Asking for more gives the whole balance back first: a waiting child holds nothing, so two of them cannot block each other.
 *  C2  What the child used since its last message travels with the next one, or with its result: the parent counts it once.
 */
import { condition, defineSignal, getExternalWorkflowHandle, setHandler, workflowInfo } from '@temporalio/workflow';
import { SIGNALS } from '../../protocol/names.ts';
import { addSpend, NO_SPEND } from '../../protocol/outcome.ts';
import type { LimitName, Want } from './ledger.ts';
import { LimitReached, type Grant, type Lease, type Used } from './lease.ts';

/** Child → parent. */
export interface LeaseRequest {
  child: string;
  used: Used;
  want: Want;
}
/** Parent → child. */
export type LeaseGrant = { kind: 'granted'; balance: Want } | { kind: 'refused'; limit: LimitName };

export const leaseSignal = defineSignal<[LeaseRequest]>(SIGNALS.lease);
export const grantSignal = defineSignal<[LeaseGrant]>(SIGNALS.grant);

const CHUNK = 2;

export class ChildLease implements Lease {
  /** What the parent has not heard of yet (C2). */
  unreported: Used = { requests: 0, spend: NO_SPEND };
  private balance: Want = { requests: 0, outputTokens: 0 };
  private readonly grants: LeaseGrant[] = [];

  constructor() {
    setHandler(grantSignal, (grant) => {
      this.grants.push(grant);
    });
  }

  async acquire(want: Want): Promise<Grant> {
    if (this.balance.requests < 1 || this.balance.outputTokens < want.outputTokens) await this.ask(want);
    const grant = {
      requests: Math.min(want.requests, this.balance.requests),
      outputTokens: Math.min(want.outputTokens, this.balance.outputTokens),
    };
    this.balance = {
      requests: this.balance.requests - grant.requests,
      outputTokens: this.balance.outputTokens - grant.outputTokens,
    };
    return { ...grant, settle: (used) => this.settle(grant, used) };
  }

  private settle(grant: Want, used: Used): void {
    this.unreported = {
      requests: this.unreported.requests + used.requests,
      spend: addSpend(this.unreported.spend, used.spend),
    };
    this.balance = {
      requests: this.balance.requests + Math.max(0, grant.requests - used.requests),
      outputTokens: this.balance.outputTokens + Math.max(0, grant.outputTokens - used.spend.outputTokens),
    };
  }

  private async ask(want: Want): Promise<void> {
    const { parent, workflowId } = workflowInfo();
    if (parent === undefined) throw new LimitReached('maxRequests');
    const used = this.unreported;
    this.unreported = { requests: 0, spend: NO_SPEND };
    this.balance = { requests: 0, outputTokens: 0 };
    await getExternalWorkflowHandle(parent.workflowId, parent.runId).signal(leaseSignal, {
      child: workflowId,
      used,
      want: { requests: want.requests * CHUNK, outputTokens: want.outputTokens * CHUNK },
    });
    await condition(() => this.grants.length > 0);
    const grant = this.grants.shift();
    if (grant?.kind !== 'granted') throw new LimitReached(grant?.limit ?? 'maxRequests');
    this.balance = grant.balance;
  }
}
