/**
 * The one reducer: histories of a run's tree → {@link RunView}. Everything that Braid shows about a run goes through it.
 *
 *  R1  An event of one execution is applied once: re-reading a history from its start after a reconnect changes nothing.
 *  R2  The story only grows, and its order depends on the histories alone, not on when they were read.
 *  R3  A handed-out view never changes; unchanged calls are the same objects in the next view.
 *  R4  `view()` is called between transactions of a history (after a page), so that a workflow task and its commands are seen
 *      together.
 *  R5  Unknown events and unreadable payloads leave holes, never errors.
 */
import type { Note } from '../../protocol/model-call.ts';
import { SIGNALS, WORKFLOWS } from '../../protocol/names.ts';
import type { RunView } from '../../protocol/view.ts';
import { CallBook } from './call-book.ts';
import * as call from './call-entry.ts';
import { composeView, type RunFacts } from './compose.ts';
import type { DecodedEvent } from './decoded.ts';
import { ExecutionNode } from './execution-node.ts';
import { parseAgentEnd, parseAnswer, parseNotes, parseSnapshot, parseStart, parseTag } from './parse.ts';
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

type EventOf<T extends DecodedEvent['type']> = Extract<DecodedEvent, { type: T }>;
type ChildEvent = EventOf<'childInitiated' | 'childStarted' | 'childCompleted' | 'childFailed'>;
type ActivityEvent = EventOf<'activityStarted' | 'activityCompleted' | 'activityFailed' | 'activityCancelRequested'>;

export class ViewBuilder {
  /** Workflow id of the root. */
  readonly run: string;
  readonly #root: ExecutionNode;
  readonly #nodes = new Map<string, ExecutionNode>();
  readonly #story = new StoryLog();
  readonly #calls = new CallBook(this.#story);
  readonly #facts: RunFacts;
  #cached: RunView | null = null;

  constructor(run: string) {
    this.run = run;
    this.#root = new ExecutionNode(run, 'script', null);
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
    if (node.kind === 'agent') this.#agentEvent(node, event);
    else this.#scriptEvent(node, event);
  }

  /** The run as known now (R4). The same object as before when nothing was applied since. */
  view(): RunView {
    if (this.#cached !== null) return this.#cached;
    for (const node of this.#nodes.values()) this.#calls.settleReacted(node);
    const facts = { ...this.#facts, sleepingUntil: this.#root.earliestTimer(), historyEvents: this.#root.lastEvent };
    this.#cached = composeView(facts, this.#calls.views(), this.#story.entries());
    return this.#cached;
  }

  get ended(): boolean {
    return this.#facts.end !== null;
  }

  /** Children whose own histories add to the view: scripts, and agents that run or ended without a result. */
  openChildren(): { workflowId: string; running: boolean }[] {
    const open: { workflowId: string; running: boolean }[] = [];
    for (const node of this.#nodes.values()) {
      if (node === this.#root || !node.started || node.known || node.closed) continue;
      open.push({ workflowId: node.id, running: !node.over && !this.ended });
    }
    return open;
  }

  /** The call that a pending activity works for; null when it is none, or when history knows more than `describe` did. */
  addressOfPending(workflowId: string, activityId: string): string | null {
    return this.#nodes.get(workflowId)?.addressOfPending(activityId) ?? null;
  }

  #scriptEvent(node: ExecutionNode, event: DecodedEvent): void {
    switch (event.type) {
      case 'started':
        return this.#started(node, event);
      case 'taskCompleted':
        node.reactedTo = event.startedId;
        node.mark = this.#story.length;
        this.#facts.taskProblem = null;
        return;
      case 'taskFailed':
        this.#facts.taskProblem = event.message;
        return;
      case 'activityScheduled':
        return this.#scheduled(node, event);
      case 'activityStarted':
      case 'activityCompleted':
      case 'activityFailed':
      case 'activityCancelRequested':
        return this.#activityEvent(node, event);
      case 'childInitiated':
      case 'childStarted':
      case 'childCompleted':
      case 'childFailed':
        return this.#childEvent(node, event);
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
        return this.#ended(node, event);
    }
  }

  #started(node: ExecutionNode, event: EventOf<'started'>): void {
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

  #scheduled(node: ExecutionNode, event: EventOf<'activityScheduled'>): void {
    const tag = parseTag(event.tag);
    const address = tag?.address ?? event.activityId;
    node.scheduled(event.id, { name: event.activity, address, activityId: event.activityId });
    if (tag === null) return;
    this.#say(tag.notes ?? [], event.at);
    if (event.activity === 'model') call.turnScheduled(this.#calls.open(tag, event.at, null), event.at);
  }

  #activityEvent(node: ExecutionNode, event: ActivityEvent): void {
    const activity = node.activities.get(event.scheduledId);
    if (activity === undefined) return;
    if (event.type === 'activityCompleted' || event.type === 'activityFailed')
      node.activities.delete(event.scheduledId);
    if (activity.name === 'snapshot') return this.#snapshot(event);
    const entry = this.#calls.get(activity.address);
    if (activity.name !== 'model' || entry === undefined) return;
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

  #childEvent(node: ExecutionNode, event: ChildEvent): void {
    if (event.type === 'childInitiated') return this.#initiated(node, event);
    const child = this.#nodes.get(node.children.get(event.initiatedId) ?? '');
    if (child === undefined) return;
    const entry = this.#calls.get(child.call);
    if (event.type === 'childStarted') {
      child.started = true;
      if (entry !== undefined) call.attemptStarted(entry, 1, event.at);
      return;
    }
    child.over = true;
    if (entry === undefined) return;
    if (event.type === 'childCompleted') {
      const end = parseAgentEnd(event.result);
      child.known = end !== null;
      call.childEnded(entry, end, event.at);
    } else {
      call.callFailed(entry, event.failure, event.id, event.at);
    }
    this.#calls.end(entry, event.at);
  }

  #initiated(node: ExecutionNode, event: EventOf<'childInitiated'>): void {
    const agent = event.workflowType === WORKFLOWS.agent;
    const tag = parseTag(event.input);
    const address = agent ? (tag?.address ?? event.workflowId) : null;
    node.children.set(event.id, event.workflowId);
    this.#nodes.set(event.workflowId, new ExecutionNode(event.workflowId, agent ? 'agent' : 'script', address));
    if (address === null) return;
    this.#say(tag?.notes ?? [], event.at);
    this.#calls.open(tag ?? { address, label: address, phase: null, model: null, turn: 0 }, event.at, event.workflowId);
  }

  /** An agent's own history refines the call it runs. Its tags repeat the notes that its parent's event carried. */
  #agentEvent(node: ExecutionNode, event: DecodedEvent): void {
    if (endOf(event) !== null) node.closed = true;
    if (event.type === 'continuedAsNew') return node.renew();
    const entry = this.#calls.get(node.call);
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

  #ended(node: ExecutionNode, event: DecodedEvent): void {
    const end = endOf(event);
    if (end === null) return;
    node.closed = true;
    if (node !== this.#root) return;
    this.#calls.close(end.result?.outcomes ?? [], event.at);
    this.#say(end.result?.notes ?? [], event.at);
    Object.assign(this.#facts, { end, endedAt: event.at });
    this.#story.add({ at: event.at, type: 'run.ended' });
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

function noFacts(run: string): RunFacts {
  return {
    run,
    start: null,
    taskQueue: null,
    paused: false,
    cancelling: false,
    phase: null,
    notes: [],
    met: new Set(),
    workspace: null,
    sleepingUntil: null,
    startedAt: null,
    endedAt: null,
    end: null,
    taskProblem: null,
    historyEvents: 0,
  };
}
