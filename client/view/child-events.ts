/**
 * What histories tell of children.
 *
 *  D1  A child's end is told by its parent's history. Only of one that outlived the run that started it (continue-as-new), its own
 *      history tells it, and of items of a batch an activity of that.
 */
import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { DecodedEvent, EventOf, FailureData } from '../../histories/decoded.ts';
import * as call from './call-entry.ts';
import { childOf } from './child-node.ts';
import type { ExecutionNode } from './execution-node.ts';
import { count, list, object, text } from '../../histories/parse-json.ts';
import { parseAgentEnd } from './parse.ts';
import { parseNodeEnd } from './parse-rlm.ts';
import type { Program } from './program.ts';
import type { TreeState } from './tree-state.ts';

type ChildEvent = EventOf<'childInitiated' | 'childStarted' | 'childCompleted' | 'childFailed'>;
/** How a child ended, as `childCompleted` and `childFailed` say it. */
type ChildEnd = { result: Json } | { failure: FailureData };

export function childEvent(tree: TreeState, node: ExecutionNode, program: Program, event: ChildEvent): void {
  if (event.type === 'childInitiated') return initiated(tree, node, program, event);
  const child = tree.nodes.get(node.children.get(event.initiatedId) ?? '');
  const entry = tree.calls.get(child?.call ?? null);
  if (child === undefined || entry === undefined) return;
  if (event.type === 'childStarted') {
    child.started = true;
    return call.attemptStarted(entry, 1, event.at);
  }
  ended(tree, child, event, event);
}

/** What a batch was told of items that an earlier run of it began. */
export function itemsEnded(tree: TreeState, batch: ExecutionNode, ends: Json, event: { id: number; at: number }): void {
  for (const end of list(ends)) {
    const { item, result = null, failure } = object(end);
    const child = tree.nodes.get(`${batch.id}/item:${count(item)}`);
    if (child === undefined || child.over) continue;
    const { code, message, cancelled } = object(failure);
    const kind = cancelled === true ? ('cancelled' as const) : ('application' as const);
    const told = { kind, message: text(message) ?? '', code: text(code), details: result, timeout: null };
    ended(tree, child, isJsonObject(failure) ? { failure: told } : { result }, event);
  }
}

/** The node goes on in another run, which will not be told how the children at work end. */
export function orphanChildren(tree: TreeState, node: ExecutionNode): void {
  for (const id of node.children.values()) {
    const child = tree.nodes.get(id);
    if (child === undefined || child.over) continue;
    child.orphaned = true;
    child.started = true;
  }
}

/** An event of a child's own history: its end, when nobody else tells it (D1). */
export function ownEnd(tree: TreeState, child: ExecutionNode, event: DecodedEvent): void {
  const end = child.orphaned && !child.over ? endIn(event) : null;
  if (end !== null) ended(tree, child, end, event);
}

function initiated(tree: TreeState, node: ExecutionNode, caller: Program, event: EventOf<'childInitiated'>): void {
  const { tag, child } = childOf(tree.run, event, (address) => replaced(tree, address, event.at));
  // An item is a run of its own: its calls bear no addresses of this one, and its result says all.
  child.known = caller.kind === 'batch';
  node.children.set(event.id, child.id);
  tree.nodes.set(child.id, child);
  tree.say(node, tag.notes ?? [], event.at);
  tree.open(caller, tag, event.at, { id: child.id, kind: child.program === null ? 'agent' : 'workflow' });
}

/** The program of a call that is begun anew; the execution that ran it so far tells no more. */
function replaced(tree: TreeState, address: string, at: number): Program | null {
  const before = tree.nodes.get(tree.calls.get(address)?.view.child ?? '');
  if (before === undefined) return null;
  before.replaced = true;
  if (before.program !== null) tree.calls.giveUp(before.program.calls, at);
  tree.gates.giveUp(before.id, at);
  return before.program;
}

function ended(tree: TreeState, child: ExecutionNode, end: ChildEnd, { id, at }: { id: number; at: number }): void {
  const entry = tree.calls.get(child.call);
  child.over = true;
  // Its own history is not read any more.
  if (child.program === null) tree.gates.giveUp(child.id, at);
  if (entry === undefined || child.replaced) return;
  if ('failure' in end) {
    if (child.program !== null) child.program.end ??= parseNodeEnd(end.failure.details);
    call.callFailed(entry, end.failure, id, at);
  } else if (child.program !== null) {
    child.program.end = parseNodeEnd(end.result);
    call.programEnded(entry, child.program.end, at);
  } else {
    const result = parseAgentEnd(end.result);
    child.known ||= result !== null;
    call.childEnded(entry, result, at);
  }
  tree.calls.end(entry, at);
}

function endIn(event: DecodedEvent): ChildEnd | null {
  const failure = { message: '', code: null, details: null, timeout: null };
  switch (event.type) {
    case 'completed':
      return { result: event.result };
    case 'failed':
      return { failure: event.failure };
    case 'cancelled':
      return isJsonObject(event.details)
        ? { result: event.details }
        : { failure: { ...failure, kind: 'cancelled', message: 'cancelled' } };
    case 'terminated':
      return { failure: { ...failure, kind: 'terminated', message: 'the child was terminated from outside' } };
    case 'timedOut':
      return { failure: { ...failure, kind: 'timeout', message: 'the child reached its timeout' } };
    default:
      return null;
  }
}
