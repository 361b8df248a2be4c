/**
 * The one reducer: histories of a run's tree → {@link RunView}. Everything that Braid shows about a run goes through it.
 *
 *  R1  An event of one execution is applied once: re-reading a history from its start after a reconnect changes nothing.
 *  R2  The story only grows. The order of what one execution tells depends on its history alone, not on when it was read, and
 *      the end of the run is the last of all.
 *  R3  A handed-out view never changes; unchanged calls are the same objects in the next view.
 *  R4  `view()` is called between transactions of a history (after a page), so that a workflow task and its commands are seen
 *      together.
 *  R5  Unknown events and unreadable payloads leave holes, never errors.
 */
import type { CallTag, Note } from '../../protocol/model-call.ts';
import { SIGNALS, WORKFLOWS } from '../../protocol/names.ts';
import type { RunView } from '../../protocol/view.ts';
import { ROOT } from './addresses.ts';
import { agentEvent } from './agent-events.ts';
import { CallBook } from './call-book.ts';
import * as call from './call-entry.ts';
import { childOf } from './child-node.ts';
import { composeView, noFacts, type RunFacts } from './compose.ts';
import type { ActivityEvent, DecodedEvent, EventOf } from './decoded.ts';
import { ExecutionNode } from './execution-node.ts';
import { parseAgentEnd, parseAnswer, parseNotes, parseSnapshot, parseStart, parseTag } from './parse.ts';
import { parseNodeEnd, parseNodeStart } from './parse-rlm.ts';
import { Program } from './program.ts';
import * as rlm from './rlm-events.ts';
import { endOf } from './run-end.ts';
import { StoryLog } from './story-log.ts';

/** Events that a workflow task gives out together with its end: more of them may follow before the task has said all. */
const COMMANDS: ReadonlySet<DecodedEvent['type']> = new Set([
  'activityScheduled',
  'activityCancelRequested',
  'childInitiated',
  'timerStarted',
  'timerEnded',
  'localActivity',
  'other',
] as const);

type ChildEvent = EventOf<'childInitiated' | 'childStarted' | 'childCompleted' | 'childFailed'>;

export class ViewBuilder {
  /** Workflow id of the root. */
  readonly run: string;
  readonly #root: ExecutionNode;
  readonly #program: Program;
  readonly #nodes = new Map<string, ExecutionNode>();
  readonly #story = new StoryLog();
  readonly #calls = new CallBook(this.#story);
  readonly #facts: RunFacts;
  #cached: RunView | null = null;
  #finished = false;

  constructor(run: string) {
    this.run = run;
    this.#program = new Program(ROOT, 'script');
    this.#root = new ExecutionNode(run, null, this.#program);
    this.#nodes.set(run, this.#root);
    this.#facts = noFacts(run);
  }

  /** Takes one event of the execution `workflowId`: the root, or a child that an earlier event named. */
  apply(workflowId: string, event: DecodedEvent): void {
    const node = this.#nodes.get(workflowId);
    if (node === undefined || event.id <= node.lastEvent) return;
    node.lastEvent = event.id;
    this.#cached = null;
    if (!COMMANDS.has(event.type)) this.#calls.settleReacted(node);
    if (node.program === null) agentEvent(node, this.#calls.get(node.call), event);
    else this.#programEvent(node, node.program, event);
  }

  /** The run as known now (R4). The same object as before when nothing was applied since. */
  view(): RunView {
    if (this.#cached !== null) return this.#cached;
    for (const node of this.#nodes.values()) this.#calls.settleReacted(node);
    const facts = { ...this.#facts, sleepingUntil: this.#root.earliestTimer(), historyEvents: this.#root.lastEvent };
    const programs = [...this.#nodes.values()].flatMap(({ program }) => program ?? []);
    const closed = new Set([...this.#nodes.values()].flatMap((node) => (node.closed ? (node.program ?? []) : [])));
    const read = (program: Program) => closed.has(program);
    this.#cached = composeView(facts, { calls: this.#calls.views(), programs, read, story: this.#story.entries() });
    return this.#cached;
  }

  /** All that will be read was read: what is not known now never will be. Only then has an ended run told its end (R2). */
  finish(): void {
    const { end, endedAt } = this.#facts;
    if (end === null || endedAt === null || this.#finished) return;
    this.#finished = true;
    this.#cached = null;
    const ends = [...this.#nodes.values()].flatMap(({ program }) => program?.end?.outcomes ?? []);
    this.#calls.close(end.result?.outcomes ?? ends, endedAt);
    this.#say(end.result?.notes ?? [], endedAt);
    for (const { program } of this.#nodes.values()) program?.close(endedAt);
    this.#story.add({ at: endedAt, type: 'run.ended' });
  }

  get ended(): boolean {
    return this.#facts.end !== null;
  }

  /**
   * Children whose own histories add to the view: agents that run or ended without a result, and programs until their histories
   * were read to the end, because their calls stand nowhere else.
   */
  openChildren(): { workflowId: string; running: boolean; program: boolean }[] {
    const open: { workflowId: string; running: boolean; program: boolean }[] = [];
    for (const node of this.#nodes.values()) {
      if (node === this.#root || !node.started || node.known || node.closed) continue;
      open.push({ workflowId: node.id, running: !node.over && !this.ended, program: node.program !== null });
    }
    return open;
  }

  /** The call that a pending activity works for; null when it is none, or when history knows more than `describe` did. */
  addressOfPending(workflowId: string, activityId: string): string | null {
    return this.#nodes.get(workflowId)?.addressOfPending(activityId) ?? null;
  }

  #programEvent(node: ExecutionNode, program: Program, event: DecodedEvent): void {
    switch (event.type) {
      case 'started':
        return this.#started(node, program, event);
      case 'taskCompleted':
        node.reactedTo = event.startedId;
        node.mark = this.#story.length;
        this.#facts.taskProblem = null;
        return;
      case 'taskFailed':
        this.#facts.taskProblem = event.message;
        return;
      case 'activityScheduled':
        return this.#scheduled(node, program, event);
      case 'activityStarted':
      case 'activityCompleted':
      case 'activityFailed':
      case 'activityCancelRequested':
        return this.#activityEvent(node, program, event);
      case 'childInitiated':
      case 'childStarted':
      case 'childCompleted':
      case 'childFailed':
        return this.#childEvent(node, program, event);
      case 'localActivity':
        return this.#say(parseNotes(event.result), event.at);
      case 'timerStarted':
        node.timers.set(event.id, event.at + event.ms);
        return;
      case 'timerEnded':
        node.timers.delete(event.startedId);
        if (event.fired) node.timerFiredAt = event.id;
        return;
      case 'signaled':
        return this.#signaled(node, event);
      case 'cancelRequested':
        return this.#cancelling(node, event.at);
      case 'continuedAsNew':
        return node.renew();
      default:
        return this.#ended(node, program, event);
    }
  }

  #started(node: ExecutionNode, program: Program, event: EventOf<'started'>): void {
    program.kind = event.workflowType === WORKFLOWS.rlm ? 'rlm' : 'script';
    program.start ??= parseNodeStart(event.input);
    program.startedAt ??= event.at;
    if (node !== this.#root || this.#facts.start !== null) return;
    const start = parseStart(event.input);
    const workspace = start.workspaceRoot === null ? null : { root: start.workspaceRoot, snapshot: null, error: null };
    Object.assign(this.#facts, { start, workspace, startedAt: event.at, taskQueue: event.taskQueue });
    this.#story.add({ at: event.at, type: 'run.started' });
  }

  #signaled(node: ExecutionNode, event: EventOf<'signaled'>): void {
    const pause = event.signal === SIGNALS.pause;
    if (node !== this.#root || (!pause && event.signal !== SIGNALS.resume) || this.#facts.paused === pause) return;
    this.#facts.paused = pause;
    this.#story.add({ at: event.at, type: pause ? 'paused' : 'resumed' });
  }

  #cancelling(node: ExecutionNode, at: number): void {
    node.cancelling = true;
    if (node !== this.#root || this.#facts.cancelling) return;
    this.#facts.cancelling = true;
    this.#story.add({ at, type: 'cancel.requested' });
  }

  #scheduled(node: ExecutionNode, program: Program, event: EventOf<'activityScheduled'>): void {
    const { activity, activityId, at } = event;
    const tag = parseTag(event.tag);
    const address = tag?.address ?? activityId;
    const own = activity === 'model' && rlm.isOwnRequest(program, address);
    node.scheduled(event.id, { name: own ? 'turn' : activity, address, activityId });
    this.#say(tag?.notes ?? [], at);
    if (activity === 'replStep') rlm.stepScheduled(program, event, this.#story);
    if (own) rlm.requestScheduled(program, this.#calls.get(program.address), address, at);
    else if (tag !== null && activity === 'model') call.turnScheduled(this.#open(program, tag, at, null), at);
    else if (tag !== null && activity === 'userTool') this.#open(program, tag, at, null);
  }

  #open(program: Program, tag: CallTag, at: number, child: string | null): call.CallEntry {
    if (this.#calls.get(tag.address) === undefined) program.called(tag.address);
    return this.#calls.open(tag, at, child);
  }

  #activityEvent(node: ExecutionNode, program: Program, event: ActivityEvent): void {
    const activity = node.activities.get(event.scheduledId);
    if (activity === undefined) return;
    if (event.type === 'activityCompleted' || event.type === 'activityFailed')
      node.activities.delete(event.scheduledId);
    if (activity.name === 'snapshot') return this.#snapshot(event);
    if (activity.name === 'turn')
      return rlm.requestEvent(program, this.#calls.get(program.address), activity.address, event);
    if (activity.name === 'replStep') return rlm.stepEvent(program, activity.activityId, event, this.#story);
    const entry = this.#calls.get(activity.address);
    if ((activity.name !== 'model' && activity.name !== 'userTool') || entry === undefined) return;
    if (event.type === 'activityStarted') call.attemptStarted(entry, event.attempt, event.at);
    if (event.type === 'activityCompleted') call.answered(entry, parseAnswer(event.result), event.id, event.at);
    if (event.type === 'activityFailed' && entry.view.endedAt === null) {
      call.callFailed(entry, event.failure, event.id, event.at);
    }
    if (event.type === 'activityCancelRequested') {
      // A call's own timeout is a timer of the workflow; any other cancellation comes from outside the call.
      call.abandoned(entry, !node.cancelling && node.timerFiredAt > node.handledTo ? 'timeout' : 'cancelled', event.at);
      this.#calls.end(entry, event.at);
    }
    if (entry.answeredAt !== null) node.answered.add(entry);
  }

  #snapshot(event: ActivityEvent): void {
    const root = this.#facts.workspace?.root ?? '';
    if (event.type === 'activityFailed') this.#facts.workspace = { root, snapshot: null, error: event.failure.message };
    if (event.type !== 'activityCompleted') return;
    this.#facts.workspace = { root, snapshot: parseSnapshot(event.result), error: null };
    this.#story.add({ at: event.at, type: 'snapshot' });
  }

  #childEvent(node: ExecutionNode, program: Program, event: ChildEvent): void {
    if (event.type === 'childInitiated') return this.#initiated(node, program, event);
    const child = this.#nodes.get(node.children.get(event.initiatedId) ?? '');
    const entry = this.#calls.get(child?.call ?? null);
    if (child === undefined || entry === undefined) return;
    if (event.type === 'childStarted') {
      child.started = true;
      return call.attemptStarted(entry, 1, event.at);
    }
    child.over = true;
    if (event.type === 'childFailed') {
      if (child.program !== null) child.program.end ??= parseNodeEnd(event.failure.details);
      call.callFailed(entry, event.failure, event.id, event.at);
    } else if (child.program !== null) {
      child.program.end = parseNodeEnd(event.result);
      call.programEnded(entry, child.program.end, event.at);
    } else {
      const end = parseAgentEnd(event.result);
      child.known = end !== null;
      call.childEnded(entry, end, event.at);
    }
    this.#calls.end(entry, event.at);
  }

  #initiated(node: ExecutionNode, caller: Program, event: EventOf<'childInitiated'>): void {
    const { tag, child } = childOf(this.run, event);
    node.children.set(event.id, child.id);
    this.#nodes.set(child.id, child);
    this.#say(tag.notes ?? [], event.at);
    this.#open(caller, tag, event.at, child.id);
  }

  #ended(node: ExecutionNode, program: Program, event: DecodedEvent): void {
    const end = endOf(event);
    if (end === null) return;
    node.closed = true;
    program.end = end.result ?? program.end;
    if (node === this.#root) {
      Object.assign(this.#facts, { end, endedAt: event.at });
      program.endedAt = event.at;
    } else {
      this.#calls.giveUp(program.calls, event.at);
      this.#say(end.result?.notes ?? [], event.at);
      program.close(event.at);
    }
    // Programs whose histories are still to be read have more to tell.
    if (this.ended && !this.openChildren().some((child) => child.program)) this.finish();
  }

  #say(notes: readonly Note[], at: number): void {
    for (const said of notes) {
      const note = said.at === 0 ? { ...said, at } : said;
      this.#facts.notes.push(note);
      if (note.kind === 'phase') {
        this.#facts.phase = note.text;
        this.#facts.met.add(note.text);
      }
      this.#story.add({ at: note.at, type: 'note', note });
    }
  }
}
