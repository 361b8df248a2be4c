/**
 * The one reducer: histories of a run's tree → {@link RunView}. Everything that Braid shows about a run goes through it.
 *
 *  R1  An event of one execution is applied once: re-reading a history from its start changes nothing. A chain of runs
 *      (continue-as-new) is one execution, whose facts, calls and story go on.
 *  R2  The story only grows. The order of what one execution tells depends on its history alone, not on when it was read, and
 *      the end of the run is the last of all.
 *  R3  A handed-out view never changes; unchanged calls are the same objects in the next view.
 *  R4  `view()` is called between transactions of a history (after a page), so that a workflow task and its commands are seen
 *      together.
 *  R5  Unknown events and unreadable payloads leave holes, never errors.
 */
import { SIGNALS, UPDATES } from '../../protocol/names.ts';
import type { RunView } from '../../protocol/view.ts';
import type { DecodedEvent, EventOf } from '../../histories/decoded.ts';
import { object, text } from '../../histories/parse-json.ts';
import { activityEvent, activityScheduled } from './activity-events.ts';
import { agentEvent } from './agent-events.ts';
import * as call from './call-entry.ts';
import { childEvent, orphanChildren, ownEnd } from './child-events.ts';
import { programKind } from './child-node.ts';
import { composeView } from './compose.ts';
import type { ExecutionNode } from './execution-node.ts';
import { parseStart, withLimits } from './parse.ts';
import { parseBefore } from './parse-handover.ts';
import { parseNotes } from './parse-notes.ts';
import { parseNodeStart } from './parse-rlm.ts';
import type { Program } from './program.ts';
import { endOf } from './run-end.ts';
import { TreeState } from './tree-state.ts';

/** Events that a workflow task gives out together with its end: more of them may follow before the task has said all. */
const COMMANDS: ReadonlySet<DecodedEvent['type']> = new Set([
  'activityScheduled',
  'activityCancelRequested',
  'childInitiated',
  'timerStarted',
  'timerEnded',
  'localActivity',
  'stateChanged',
  'updated',
  'other',
] as const);

export class ViewBuilder {
  /** Workflow id of the root. */
  readonly run: string;
  readonly #tree: TreeState;
  #cached: RunView | null = null;
  #finished = false;

  constructor(run: string) {
    this.run = run;
    this.#tree = new TreeState(run);
  }

  /** Takes one event of the execution `workflowId`: the root, or a child that an earlier event named. */
  apply(workflowId: string, event: DecodedEvent): void {
    const { nodes, calls } = this.#tree;
    const node = nodes.get(workflowId);
    if (node === undefined || node.replaced || !node.takes(event)) return;
    this.#cached = null;
    if (!COMMANDS.has(event.type)) calls.settleReacted(node);
    if (node.program !== null) return this.#programEvent(node, node.program, event);
    this.#gateOfAgent(node, event);
    agentEvent(node, calls.get(node.call), event);
    ownEnd(this.#tree, node, event);
  }

  /** The run as known now (R4). The same object as before when nothing was applied since. */
  view(): RunView {
    if (this.#cached !== null) return this.#cached;
    const { root, calls, story, gates, pauses } = this.#tree;
    const nodes = [...this.#tree.nodes.values()].filter(({ replaced }) => !replaced);
    for (const node of nodes) calls.settleReacted(node);
    const facts = { ...this.#tree.facts, sleepingUntil: root.earliestTimer(), historyEvents: root.events };
    const whole = new Set(nodes.flatMap((node) => (node.closed && !node.cut ? (node.program ?? []) : [])));
    this.#cached = composeView(facts, {
      calls: calls.views(),
      programs: nodes.flatMap(({ program }) => program ?? []),
      read: (program) => whole.has(program),
      story: story.entries(),
      gates: gates.views(),
      pauses,
      missing: { ended: nodes.filter(({ gone }) => gone).length, cut: nodes.some(({ cut }) => cut) },
    });
    return this.#cached;
  }

  /** The history of a child is not there any more; `cut`: of this execution, only its first part is not. */
  missing(workflowId: string, what: 'all' | 'cut'): void {
    const node = this.#tree.nodes.get(workflowId);
    if (node === undefined) return;
    this.#cached = null;
    if (what === 'cut') node.cut = true;
    else node.gone = true;
  }

  /** All that will be read was read: what is not known now never will be. Only then has an ended run told its end (R2). */
  finish(): void {
    const { facts, calls, gates, root, story } = this.#tree;
    const { end, endedAt } = facts;
    if (end === null || endedAt === null || this.#finished) return;
    this.#finished = true;
    this.#cached = null;
    const nodes = [...this.#tree.nodes.values()];
    if (end.result !== null) {
      for (const node of nodes) {
        const entry = node.orphaned && !node.over ? calls.get(node.call) : undefined;
        if (entry !== undefined) call.endedUnseen(entry, endedAt);
      }
    }
    const ends = nodes.flatMap(({ program }) => program?.end?.outcomes ?? []);
    calls.close(end.result?.outcomes ?? ends, endedAt);
    this.#tree.say(root, end.result?.notes ?? [], endedAt);
    gates.giveUp(null, endedAt);
    for (const { program } of nodes) program?.close(endedAt);
    story.add({ at: endedAt, type: 'run.ended' });
  }

  get ended(): boolean {
    return this.#tree.facts.end !== null;
  }

  /**
   * Children whose own histories add to the view: agents that run or ended without a result, and programs until their histories
   * were read to the end, because their calls stand nowhere else.
   */
  openChildren(): { workflowId: string; running: boolean; program: boolean }[] {
    const open: { workflowId: string; running: boolean; program: boolean }[] = [];
    for (const node of this.#tree.nodes.values()) {
      if (node === this.#tree.root || !node.started || node.known || node.closed || node.gone || node.replaced)
        continue;
      open.push({ workflowId: node.id, running: !node.over && !this.ended, program: node.program !== null });
    }
    return open;
  }

  /** The call that a pending activity works for; null when it is none, or when history knows more than `describe` did. */
  addressOfPending(workflowId: string, activityId: string): string | null {
    return this.#tree.nodes.get(workflowId)?.addressOfPending(activityId) ?? null;
  }

  #programEvent(node: ExecutionNode, program: Program, event: DecodedEvent): void {
    const tree = this.#tree;
    switch (event.type) {
      case 'started':
        return this.#started(node, program, event);
      case 'taskCompleted':
        node.reactedTo = event.startedId;
        node.mark = tree.story.length;
        tree.facts.taskProblem = null;
        return;
      case 'taskFailed':
        tree.facts.taskProblem = event.message;
        return;
      case 'activityScheduled':
        return activityScheduled(tree, node, program, event);
      case 'activityStarted':
      case 'activityCompleted':
      case 'activityFailed':
      case 'activityCancelRequested':
        return activityEvent(tree, node, program, event);
      case 'childInitiated':
      case 'childStarted':
      case 'childCompleted':
      case 'childFailed':
        return childEvent(tree, node, program, event);
      case 'localActivity':
        return tree.say(node, parseNotes(event.result), event.at);
      case 'timerStarted':
        node.timers.set(event.id, event.at + event.ms);
        return;
      case 'timerEnded':
        node.timers.delete(event.startedId);
        if (event.fired) node.timerFiredAt = event.id;
        return;
      case 'signaled':
        return this.#signaled(node, event);
      case 'stateChanged':
        if (node === tree.root) tree.paused(tree.pauses.stateChanged(event.state, event.at), event.at);
        return;
      case 'updated':
        return this.#updated(node, event);
      case 'cancelRequested':
        return this.#cancelling(node, event.at);
      case 'continuedAsNew':
        orphanChildren(tree, node);
        return node.renew();
      default:
        return this.#ended(node, program, event);
    }
  }

  /** The first start that is there counts: a later run of a chain is started with what the one before handed over. */
  #started(node: ExecutionNode, program: Program, event: EventOf<'started'>): void {
    const { root, facts, story, pauses } = this.#tree;
    program.kind = programKind(event.workflowType);
    program.start ??= parseNodeStart(event.input);
    program.startedAt ??= event.at;
    if (node !== root || facts.start !== null) return;
    const start = parseStart(event.input);
    const workspace = start.workspaceRoot === null ? null : { root: start.workspaceRoot, snapshot: null, error: null };
    const before = parseBefore(event.input);
    const limits = before === null ? start.limits : withLimits(start.limits, before.limits);
    if (before?.paused === true) pauses.begunPaused(event.at);
    Object.assign(facts, { start, before, limits, workspace, startedAt: event.at, taskQueue: event.taskQueue });
    story.add({ at: event.at, type: 'run.started' });
  }

  #signaled(node: ExecutionNode, { signal, input, at }: EventOf<'signaled'>): void {
    const { root, facts, pauses } = this.#tree;
    if (node !== root) return;
    if (signal === SIGNALS.limits) facts.limits = withLimits(facts.limits, input);
    this.#tree.paused(pauses.signaled(signal, at), at);
  }

  /** An agent asks a person before it uses a tool; all else that it says, its parent's history tells. */
  #gateOfAgent(node: ExecutionNode, event: DecodedEvent): void {
    if (event.type === 'localActivity') this.#tree.say(node, parseNotes(event.result), event.at);
    else if (event.type === 'updated') this.#updated(node, event);
    else if (endOf(event) !== null) this.#tree.gates.giveUp(node.id, event.at);
  }

  /** A person answered a gate, or steered a call. The program's own word may be long in coming. */
  #updated(node: ExecutionNode, { update, request, at }: EventOf<'updated'>): void {
    const { gates, calls } = this.#tree;
    const { gate, value = null, by, address, action } = object(request);
    if (update === UPDATES.answer) gates.answered(text(gate) ?? '', { node: node.id, value, by: text(by), at });
    const entry = update === UPDATES.steer && action === 'skip' ? calls.get(text(address)) : undefined;
    if (entry === undefined) return;
    call.skipped(entry, at);
    calls.end(entry, at);
  }

  #cancelling(node: ExecutionNode, at: number): void {
    const { root, facts, story } = this.#tree;
    node.cancelling = true;
    if (node !== root || facts.cancelling) return;
    facts.cancelling = true;
    story.add({ at, type: 'cancel.requested' });
  }

  #ended(node: ExecutionNode, program: Program, event: DecodedEvent): void {
    const end = endOf(event);
    if (end === null) return;
    const { root, facts, calls, gates } = this.#tree;
    node.closed = true;
    program.end = end.result ?? program.end;
    if (node === root) {
      Object.assign(facts, { end, endedAt: event.at });
      program.endedAt = event.at;
    } else {
      calls.giveUp(program.calls, event.at);
      this.#tree.say(node, end.result?.notes ?? [], event.at);
      gates.giveUp(node.id, event.at);
      program.close(event.at);
      ownEnd(this.#tree, node, event);
    }
    // Programs whose histories are still to be read have more to tell.
    if (this.ended && !this.openChildren().some((child) => child.program)) this.finish();
  }
}
