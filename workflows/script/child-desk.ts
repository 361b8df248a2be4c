/** The parent's side of child leases (ledger/child-lease.ts): one open reservation per child, exchanged by signals. */
import { getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import type { AgentResult } from '../../protocol/agent-result.ts';
import { grantSignal, leaseSignal, type LeaseRequest } from '../ledger/child-lease.ts';
import type { Reservation } from '../ledger/ledger.ts';
import { LimitReached, type Used } from '../ledger/lease.ts';
import type { Tree } from './tree.ts';

export class ChildDesk {
  private readonly tree: Tree;
  private readonly open = new Map<string, Reservation>();
  private readonly closed = new Set<string>();

  constructor(tree: Tree) {
    this.tree = tree;
    setHandler(leaseSignal, (request) => this.exchange(request));
  }

  /** The child ended: what it had not reported is charged, the rest of its lease refunded; of a dead child all counts as spent. */
  close(child: string, result: AgentResult | null, unreported: Used | null): void {
    this.closed.add(child);
    const reservation = this.open.get(child);
    this.open.delete(child);
    const whole = { requests: reservation?.requests ?? 0, spend: lost(reservation) };
    const used = result === null ? whole : (unreported ?? { requests: result.requests, spend: result.usage });
    if (reservation === undefined) this.tree.ledger.charge(used);
    else this.tree.desk.settle(reservation, used);
  }

  private async exchange({ child, used, want }: LeaseRequest): Promise<void> {
    const before = this.open.get(child);
    this.open.delete(child);
    if (before === undefined) this.tree.ledger.charge(used);
    else this.tree.desk.settle(before, used);
    const handle = getExternalWorkflowHandle(child);
    try {
      const reservation = await this.tree.desk.reserve(want);
      if (this.closed.has(child)) {
        this.tree.desk.settle(reservation, { requests: 0, spend: { inputTokens: 0, outputTokens: 0, usd: 0 } });
        return;
      }
      this.open.set(child, reservation);
      await handle.signal(grantSignal, {
        kind: 'granted',
        balance: { requests: reservation.requests, outputTokens: reservation.outputTokens },
      });
    } catch (error) {
      if (!(error instanceof LimitReached)) return;
      await handle.signal(grantSignal, { kind: 'refused', limit: error.limit }).catch(() => undefined);
    }
  }
}

function lost(reservation: Reservation | undefined): Used['spend'] {
  return { inputTokens: 0, outputTokens: reservation?.outputTokens ?? 0, usd: reservation === undefined ? 0 : null };
}
