/**
 * What one execution's events tell of the work that it finished. Pure; feed events in order, over all runs of a chain.
 *
 *  X1  A call is taken once, from its latest start. What is open gives nothing.
 *  X2  Failures are kept as failures (journal J2), whatever the program made of them.
 */
import { REQUEST_PARTS, type CallKey, type JournalRef } from '../../protocol/journal.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { NO_SPEND } from '../../protocol/outcome.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import type { DecodedEvent, EventOf, FailureData } from '../decoded.ts';
import { object } from '../parse-json.ts';
import { InlineCall } from './call.ts';
import { parseAnswer, parseJournalRef, parseOutcomes, parseSpend, parseTag, type Answer } from './parse.ts';

/** Activities whose results a journal is made of. */
export const JOURNALLED: ReadonlySet<string> = new Set(['model', 'openJournal']);

export type NodeKind = 'agent' | 'delegate' | 'rlm' | 'script';

/** How an execution ended: by a result, or by a failure that may carry one in its details. */
export type ExecutionEnd = { at: number } & ({ result: Json } | { failure: FailureData });

export interface ChildFact {
  workflowId: string;
  kind: NodeKind;
  key: CallKey;
  label: string;
  begunAt: number;
  end: ExecutionEnd | null;
}

/** A model request of the node's own that was answered. */
export interface RequestFact {
  key: CallKey;
  label: string;
  begunAt: number;
  at: number;
  answer: Answer;
}

/** A model activity, or one that opened a journal, that was scheduled. `start`: which start of its call it belongs to. */
interface Sent {
  activity: string;
  named: Named | null;
  at: number;
  start: number;
}

type Named = NonNullable<ReturnType<typeof parseTag>>;

const TERMINATED: FailureData = { kind: 'terminated', message: '', code: null, details: null, timeout: null };

export class ExecutionFacts {
  workflowType = '';
  runId = '';
  /** As the first of its chain was started; null when it cannot be read with this store. */
  input: Json = null;
  startedAt = 0;
  /** What the first `openJournal` gave: the journal that this run began with. */
  opened: JournalRef | null = null;
  end: ExecutionEnd | null = null;
  readonly calls = new Map<string, InlineCall>();
  readonly requests = new Map<string, RequestFact>();
  readonly children = new Map<string, ChildFact>();
  /** Calls without a key: those of older builds. */
  unnamed = 0;
  private readonly sent = new Map<number, Sent>();
  private readonly begun = new Map<number, ChildFact>();

  add(event: DecodedEvent): void {
    switch (event.type) {
      case 'started':
        return this.start(event);
      case 'activityScheduled':
        return this.schedule(event);
      case 'activityCompleted':
        return this.complete(event.scheduledId, event.result, event.at);
      case 'activityFailed':
        return this.fail(event.scheduledId, event.failure, event.at);
      case 'activityCancelRequested':
        return this.fail(event.scheduledId, { ...TERMINATED, kind: 'cancelled' }, event.at);
      case 'childInitiated':
        return this.beginChild(event);
      case 'childCompleted':
        return this.endChild(event.initiatedId, { at: event.at, result: event.result });
      case 'childFailed':
        return this.endChild(event.initiatedId, { at: event.at, failure: event.failure });
      default:
        return this.finish(event);
    }
  }

  /** Ends the calls that the execution's own result tells of and no answer did: cut off, waited for too long. */
  settle(): void {
    if (this.end === null) return;
    const told = parseOutcomes('result' in this.end ? this.end.result : this.end.failure.details);
    for (const call of this.calls.values()) {
      const code = told.get(call.address);
      if (call.end === null && code !== undefined) call.fail(code, NO_SPEND, this.end.at);
    }
  }

  private start({ workflowType, input, at, runId }: EventOf<'started'>): void {
    // Ids of events begin anew in each run of a chain.
    this.sent.clear();
    this.begun.clear();
    this.runId = runId ?? '';
    this.end = null;
    if (this.workflowType !== '') return;
    this.workflowType = workflowType;
    this.input = input;
    this.startedAt = at;
  }

  private schedule({ id, activity, tag, at }: EventOf<'activityScheduled'>): void {
    if (!JOURNALLED.has(activity)) return;
    const named = activity === 'model' ? parseTag(tag) : null;
    if (activity === 'model' && named === null) this.unnamed += 1;
    const call = named === null || isRequest(named.key) ? null : this.callOf(named);
    call?.sent(named?.turn ?? 0, at);
    this.sent.set(id, { activity, named, at, start: call?.starts ?? 0 });
  }

  private complete(scheduledId: number, result: Json, at: number): void {
    const sent = this.sent.get(scheduledId);
    if (sent === undefined) return;
    if (sent.activity === 'openJournal') {
      this.opened ??= parseJournalRef(object(result).journal);
      return;
    }
    const { named } = sent;
    const answer = named === null ? null : parseAnswer(result);
    if (named === null || answer === null) return;
    const { key, label } = named;
    if (isRequest(key)) {
      this.requests.set(nameOf(key), { key, label, begunAt: sent.at, at, answer });
      return;
    }
    // An answer that came after its call was given up is paid for as well; one from before a restart belongs to nobody.
    const call = this.callOf(named);
    if (call.starts === sent.start) call.answered(answer, at);
  }

  private fail(scheduledId: number, failure: FailureData, at: number): void {
    const sent = this.sent.get(scheduledId);
    const named = sent?.named ?? null;
    if (sent === undefined || named === null || isRequest(named.key)) return;
    const call = this.callOf(named);
    if (call.starts === sent.start) call.fail(codeOf(failure), parseSpend(object(failure.details).usage), at);
  }

  private callOf({ key, label, address }: Named): InlineCall {
    const name = nameOf(key);
    const call = this.calls.get(name) ?? new InlineCall(key, label, address);
    this.calls.set(name, call);
    return call;
  }

  private beginChild({ id, workflowId, workflowType, input, at }: EventOf<'childInitiated'>): void {
    const kind = kindOf(workflowType);
    if (kind === null) return;
    const named = parseTag(kind === 'agent' ? input : object(object(input).parent).tag);
    if (named === null) {
      this.unnamed += 1;
      return;
    }
    const child = { workflowId, kind, key: named.key, label: named.label, begunAt: at, end: null };
    this.begun.set(id, child);
    this.children.set(nameOf(named.key), child);
  }

  private endChild(initiatedId: number, end: ExecutionEnd): void {
    const child = this.begun.get(initiatedId);
    if (child !== undefined) child.end = end;
  }

  private finish(event: DecodedEvent): void {
    const { at } = event;
    if (event.type === 'completed') this.end = { at, result: event.result };
    else if (event.type === 'failed') this.end = { at, failure: event.failure };
    else if (event.type === 'cancelled') this.end = { at, failure: { ...TERMINATED, kind: 'cancelled' } };
    else if (event.type === 'terminated' || event.type === 'timedOut') this.end = { at, failure: TERMINATED };
  }
}

/** Of a call that ended without a result: our own code, or what the kind of its failure comes to. */
export function codeOf({ kind, code }: FailureData): string {
  if (kind === 'cancelled') return 'BRAID_CALL_CANCELLED';
  return code !== null && code.startsWith('BRAID_') ? code : 'BRAID_CALL_LOST';
}

export function nameOf({ path, hash, ordinal }: Pick<CallKey, 'path' | 'hash' | 'ordinal'>): string {
  return `${path}|${hash}|${ordinal}`;
}

function isRequest({ parts }: CallKey): boolean {
  return parts.startsWith(REQUEST_PARTS);
}

export function kindOf(workflowType: string): NodeKind | null {
  const { agent, delegate, rlm, script } = WORKFLOWS;
  return [agent, delegate, rlm, script].find((kind) => kind === workflowType) ?? null;
}

/** The path of a node that was started with `input`; empty for a root, null when its call has no key. */
export function keyOfNode(input: Json): CallKey | null {
  const parent = object(input).parent;
  return isJsonObject(parent) ? (parseTag(parent.tag)?.key ?? null) : null;
}
