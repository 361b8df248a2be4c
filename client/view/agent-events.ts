import * as call from './call-entry.ts';
import type { DecodedEvent } from '../../histories/decoded.ts';
import type { ExecutionNode } from './execution-node.ts';
import { parseAnswer } from './parse.ts';
import { endOf } from './run-end.ts';

/** An agent's own history refines the call it runs. Its tags repeat the notes that its parent's event carried. */
export function agentEvent(node: ExecutionNode, entry: call.CallEntry | undefined, event: DecodedEvent): void {
  if (endOf(event) !== null) node.closed = true;
  if (event.type === 'continuedAsNew') return node.renew();
  if (entry === undefined || node.known) return;
  if (event.type === 'activityScheduled') {
    const { activity: name, activityId } = event;
    node.scheduled(event.id, { name, address: entry.view.address, activityId });
    call.childActivity(entry, name, event.at);
  }
  if (event.type !== 'activityCompleted' && event.type !== 'activityFailed') return;
  const model = node.activities.get(event.scheduledId)?.name === 'model';
  node.activities.delete(event.scheduledId);
  if (!model) return;
  if (event.type === 'activityCompleted') call.childTurn(entry, parseAnswer(event.result), event.at);
  else call.chargeFailure(entry, event.failure);
}
