/** What a program's history tells of activities: its requests and steps, its calls without tools, the run's snapshot. */
import type { ActivityEvent, EventOf } from '../../histories/decoded.ts';
import * as call from './call-entry.ts';
import { itemsEnded } from './child-events.ts';
import type { ExecutionNode } from './execution-node.ts';
import { parseAnswer, parseSnapshot, parseTag } from './parse.ts';
import type { Program } from './program.ts';
import * as rlm from './rlm-events.ts';
import type { TreeState } from './tree-state.ts';

export function activityScheduled(
  tree: TreeState,
  node: ExecutionNode,
  program: Program,
  event: EventOf<'activityScheduled'>,
): void {
  const { activity, activityId, at } = event;
  const tag = parseTag(event.tag);
  const address = tag?.address ?? activityId;
  const own = activity === 'model' && rlm.isOwnRequest(program, address);
  node.scheduled(event.id, { name: own ? 'turn' : activity, address, activityId });
  tree.say(node, tag?.notes ?? [], at);
  if (activity === 'replStep') rlm.stepScheduled(program, event, tree.story);
  if (own) rlm.requestScheduled(program, tree.calls.get(program.address), address, at);
  else if (tag !== null && activity === 'model') call.turnScheduled(tree.open(program, tag, at, null), at);
  else if (tag !== null && activity === 'userTool') tree.open(program, tag, at, null);
}

export function activityEvent(tree: TreeState, node: ExecutionNode, program: Program, event: ActivityEvent): void {
  const activity = node.activities.get(event.scheduledId);
  if (activity === undefined) return;
  if (event.type === 'activityCompleted' || event.type === 'activityFailed') node.activities.delete(event.scheduledId);
  if (activity.name === 'snapshot') return snapshot(tree, event);
  if (activity.name === 'awaitItems') {
    if (event.type === 'activityCompleted') itemsEnded(tree, node, event.result, event);
    return;
  }
  if (activity.name === 'turn') {
    return rlm.requestEvent(program, tree.calls.get(program.address), activity.address, event);
  }
  if (activity.name === 'replStep') return rlm.stepEvent(program, activity.activityId, event, tree.story);
  const entry = tree.calls.get(activity.address);
  if ((activity.name !== 'model' && activity.name !== 'userTool') || entry === undefined) return;
  if (activity.givenUp === true) return call.chargeGivenUp(entry, event);
  if (event.type === 'activityStarted') call.attemptStarted(entry, event.attempt, event.at);
  if (event.type === 'activityCompleted') call.answered(entry, parseAnswer(event.result), event.id, event.at);
  if (event.type === 'activityFailed' && entry.view.endedAt === null) {
    call.callFailed(entry, event.failure, event.id, event.at);
  }
  if (event.type === 'activityCancelRequested') {
    // A call's own timeout is a timer of the workflow; any other cancellation comes from outside the call.
    call.abandoned(entry, !node.cancelling && node.timerFiredAt > node.handledTo ? 'timeout' : 'cancelled', event.at);
    tree.calls.end(entry, event.at);
    activity.givenUp = true;
  }
  if (entry.answeredAt !== null) node.answered.add(entry);
}

function snapshot({ facts, story }: TreeState, event: ActivityEvent): void {
  const root = facts.workspace?.root ?? '';
  if (event.type === 'activityFailed') facts.workspace = { root, snapshot: null, error: event.failure.message };
  if (event.type !== 'activityCompleted') return;
  facts.workspace = { root, snapshot: parseSnapshot(event.result), error: null };
  story.add({ at: event.at, type: 'snapshot' });
}
