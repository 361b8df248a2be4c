import { getExternalWorkflowHandle, setHandler, workflowInfo } from '@temporalio/workflow';
import type { NodeParent } from '../../protocol/run-input.ts';
import type { Used } from '../ledger/lease.ts';
import { Link } from '../ledger/link.ts';
import { Window } from '../ledger/window.ts';
import { grantSignal, leaseSignal } from './signals.ts';

/** The link of this execution to its parent, by signals. */
export function openLink({ capped, kinds }: Pick<NodeParent, 'capped' | 'kinds'>): Link {
  const { parent, workflowId: child } = workflowInfo();
  const link = new Link(capped, kinds, (message) => {
    if (parent === undefined) return Promise.resolve();
    const handle = getExternalWorkflowHandle(parent.workflowId, parent.runId);
    // A parent that has ended asks its children to end as well: there is nobody to wait for then.
    return handle.signal(leaseSignal, { child, ...message }).catch(() => undefined);
  });
  setHandler(grantSignal, (message) => link.receive(message));
  return link;
}

/** A window of slots that the parent lends. */
export function lentWindow(link: Link): Window {
  const window = new Window(1, {
    want: (count) => link.wantSlots(count),
    giveBack: (count) => link.returnSlots(count),
  });
  link.onSlots = (count) => window.lend(count);
  return window;
}

/** Tells the parent what a node used that ends without a result; resolves when it knows, or is gone. */
export async function reportEnd(ended: Used): Promise<void> {
  const { parent, workflowId: child } = workflowInfo();
  if (parent === undefined) return;
  const handle = getExternalWorkflowHandle(parent.workflowId, parent.runId);
  await handle.signal(leaseSignal, { child, ended }).catch(() => undefined);
}
