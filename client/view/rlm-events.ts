/** What an RLM does itself: requests of its loop, and steps of its session. An agent that asks others has a loop as well. */
import { kindOf, ROOT } from './addresses.ts';
import * as call from './call-entry.ts';
import type { ActivityEvent, EventOf } from '../../histories/decoded.ts';
import { parseAnswer, parseFailureCost } from './parse.ts';
import { parseCellStep, parseCode } from './parse-rlm.ts';
import type { Program } from './program.ts';
import type { StoryLog } from './story-log.ts';

/** Requests whose address names no call of the program: turns of its loop, and work beside it (a shorter transcript). */
export function isOwnRequest({ kind, address: node }: Program, address: string): boolean {
  return (
    (kind === 'rlm' || kind === 'delegate') && kindOf(node === ROOT ? address : address.slice(node.length + 1)) === null
  );
}

/** `entry`: the call that the program answers; a root has none and bears its cost itself. */
export function requestScheduled(
  program: Program,
  entry: call.CallEntry | undefined,
  address: string,
  at: number,
): void {
  if (entry !== undefined) call.childActivity(entry, 'model', at);
  if (address === program.address) program.turnBegun(at);
}

export function requestEvent(
  program: Program,
  entry: call.CallEntry | undefined,
  address: string,
  event: ActivityEvent,
): void {
  if (event.type !== 'activityCompleted' && event.type !== 'activityFailed') return;
  const answer = event.type === 'activityCompleted' ? parseAnswer(event.result) : null;
  const cost = answer ?? parseFailureCost(event.type === 'activityFailed' ? event.failure.details : null);
  if (entry === undefined) program.charge(cost.usage, cost.requests);
  else call.ownRequest(entry, cost, event.at);
  if (address !== program.address) return;
  if (answer !== null) program.turnAnswered(answer, event.at);
  else program.turnFailed(cost, event.at);
}

export function stepScheduled(
  program: Program,
  { activityId, request, at }: EventOf<'activityScheduled'>,
  story: StoryLog,
): void {
  const cell = program.stepScheduled(activityId, parseCode(request ?? null), at);
  if (cell !== null) story.add({ at, type: 'cell.started', node: program.address, cell });
}

export function stepEvent(program: Program, activityId: string, event: ActivityEvent, story: StoryLog): void {
  if (event.type === 'activityFailed') program.stepFailed(activityId, event.failure);
  if (event.type !== 'activityCompleted') return;
  const cell = program.stepEnded(activityId, parseCellStep(event.result), event.at);
  if (cell !== null) story.add({ at: event.at, type: 'cell.ended', node: program.address, cell });
}
