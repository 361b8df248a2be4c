import type { temporal } from '@temporalio/proto';
import { isJsonObject, type Json } from '../protocol/json.ts';
import { SEARCH_ATTRIBUTES, SIGNALS, UPDATES, WORKFLOWS } from '../protocol/names.ts';
import type { DecodedEvent, EventBody } from './decoded.ts';
import { decodeFailure } from './failure.ts';
import type { PayloadReader, Payloads } from './payloads.ts';
import { idOf, msOfDuration, msOfTime } from './proto.ts';

type RawEvent = temporal.api.history.v1.IHistoryEvent;

/** Activities whose results views use. The results of others (what a tool read) may be big and stay unread. */
const SHOWN: ReadonlySet<string> = new Set(['model', 'snapshot', 'replStep', 'awaitItems']);

export interface DecodeOptions {
  /** Read the prompts of model calls as well. */
  prompts?: boolean;
  /** Activities whose results are read; default: those that views use. */
  results?: ReadonlySet<string>;
}

/** Id of the step that begins a cell: its request holds the code. */
const BEGINS_CELL = /cell:\d+(?:~\d+)?$/;

/**
 * Reads the events of one execution. Of an activity's arguments only the first, the CallTag, is read, because the others may be
 * big and lie in blobs; a cell's code is worth it, and exports ask for the prompts of models as well. Feed events in order;
 * feeding them again is fine.
 */
export class EventDecoder {
  readonly #payloads: PayloadReader;
  readonly #prompts: boolean;
  readonly #results: ReadonlySet<string>;
  readonly #activities = new Map<number, string>();
  /** Updates that were accepted and are not completed. */
  readonly #updates = new Map<number, temporal.api.update.v1.IInput>();

  constructor(payloads: PayloadReader, options: DecodeOptions = {}) {
    this.#payloads = payloads;
    this.#prompts = options.prompts ?? false;
    this.#results = options.results ?? SHOWN;
  }

  /** Remembers what later events refer to without reading payloads: for events that were decoded before. */
  note(raw: RawEvent): void {
    const scheduled = raw.activityTaskScheduledEventAttributes;
    if (scheduled) this.#activities.set(idOf(raw.eventId), scheduled.activityType?.name ?? '');
    const update = raw.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (update) this.#updates.set(idOf(raw.eventId), update);
  }

  async decode(raw: RawEvent): Promise<DecodedEvent> {
    this.note(raw);
    const body =
      (await this.#activity(raw)) ?? (await this.#child(raw)) ?? (await this.#end(raw)) ?? (await this.#rest(raw));
    return { id: idOf(raw.eventId), at: msOfTime(raw.eventTime), ...body };
  }

  async #activity(raw: RawEvent): Promise<EventBody | null> {
    const scheduled = raw.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const activity = scheduled.activityType?.name ?? '';
      const activityId = scheduled.activityId ?? '';
      const tag = await this.#payloads.at(scheduled.input, 0);
      const request = this.#wantsRequest(activity, activityId)
        ? { request: await this.#payloads.at(scheduled.input, 1) }
        : {};
      return { type: 'activityScheduled', activity, activityId, tag, ...request };
    }
    const started = raw.activityTaskStartedEventAttributes;
    if (started) {
      return { type: 'activityStarted', scheduledId: idOf(started.scheduledEventId), attempt: started.attempt ?? 1 };
    }
    const completed = raw.activityTaskCompletedEventAttributes;
    if (completed) {
      const scheduledId = idOf(completed.scheduledEventId);
      const wanted = this.#results.has(this.#activities.get(scheduledId) ?? '');
      return {
        type: 'activityCompleted',
        scheduledId,
        result: wanted ? await this.#payloads.at(completed.result, 0) : null,
      };
    }
    const failed = raw.activityTaskFailedEventAttributes ?? raw.activityTaskTimedOutEventAttributes;
    if (failed) {
      const failure = await decodeFailure(failed.failure, this.#payloads);
      return { type: 'activityFailed', scheduledId: idOf(failed.scheduledEventId), failure };
    }
    const givenUp = raw.activityTaskCancelRequestedEventAttributes;
    if (givenUp) return { type: 'activityCancelRequested', scheduledId: idOf(givenUp.scheduledEventId) };
    const cancelled = raw.activityTaskCanceledEventAttributes;
    if (cancelled) return { type: 'activityFailed', scheduledId: idOf(cancelled.scheduledEventId), failure: CANCELLED };
    return null;
  }

  #wantsRequest(activity: string, activityId: string): boolean {
    if (activity === 'replStep') return this.#results.has(activity) && BEGINS_CELL.test(activityId);
    // What was merged is small; it names a merge among those that nobody asked for.
    if (activity === 'merge') return this.#results.has(activity);
    return this.#prompts && activity === 'model';
  }

  async #child(raw: RawEvent): Promise<EventBody | null> {
    const initiated = raw.startChildWorkflowExecutionInitiatedEventAttributes;
    if (initiated) {
      const workflowType = initiated.workflowType?.name ?? '';
      const whole = await this.#payloads.at(initiated.input, 0);
      const input = workflowType === WORKFLOWS.agent ? tagOf(whole) : headOf(whole);
      return { type: 'childInitiated', workflowId: initiated.workflowId ?? '', workflowType, input };
    }
    const started = raw.childWorkflowExecutionStartedEventAttributes;
    if (started) return { type: 'childStarted', initiatedId: idOf(started.initiatedEventId) };
    const completed = raw.childWorkflowExecutionCompletedEventAttributes;
    if (completed) {
      const result = await this.#payloads.at(completed.result, 0);
      return { type: 'childCompleted', initiatedId: idOf(completed.initiatedEventId), result };
    }
    const failed = raw.childWorkflowExecutionFailedEventAttributes;
    if (failed) {
      const failure = await decodeFailure(failed.failure, this.#payloads);
      return { type: 'childFailed', initiatedId: idOf(failed.initiatedEventId), failure };
    }
    const cancelled = raw.childWorkflowExecutionCanceledEventAttributes;
    if (cancelled) return { type: 'childFailed', initiatedId: idOf(cancelled.initiatedEventId), failure: CANCELLED };
    const ended =
      raw.childWorkflowExecutionTerminatedEventAttributes ?? raw.childWorkflowExecutionTimedOutEventAttributes;
    if (ended) return { type: 'childFailed', initiatedId: idOf(ended.initiatedEventId), failure: TERMINATED };
    const refused = raw.startChildWorkflowExecutionFailedEventAttributes;
    if (refused) return { type: 'childFailed', initiatedId: idOf(refused.initiatedEventId), failure: NOT_STARTED };
    return null;
  }

  async #end(raw: RawEvent): Promise<EventBody | null> {
    const completed = raw.workflowExecutionCompletedEventAttributes;
    if (completed) return { type: 'completed', result: await this.#payloads.at(completed.result, 0) };
    const failed = raw.workflowExecutionFailedEventAttributes;
    if (failed) return { type: 'failed', failure: await decodeFailure(failed.failure, this.#payloads) };
    const cancelled = raw.workflowExecutionCanceledEventAttributes;
    if (cancelled) return { type: 'cancelled', details: await this.#payloads.at(cancelled.details, 0) };
    const terminated = raw.workflowExecutionTerminatedEventAttributes;
    if (terminated) return { type: 'terminated', reason: terminated.reason ?? '' };
    if (raw.workflowExecutionTimedOutEventAttributes) return { type: 'timedOut' };
    const renewed = raw.workflowExecutionContinuedAsNewEventAttributes;
    return renewed ? { type: 'continuedAsNew', runId: renewed.newExecutionRunId ?? '' } : null;
  }

  async #rest(raw: RawEvent): Promise<EventBody> {
    const started = raw.workflowExecutionStartedEventAttributes;
    if (started) {
      const input = await this.#payloads.at(started.input, 0);
      const workflowType = started.workflowType?.name ?? '';
      const runId = started.originalExecutionRunId ?? '';
      return { type: 'started', workflowType, taskQueue: started.taskQueue?.name ?? '', input, runId };
    }
    const task = raw.workflowTaskCompletedEventAttributes;
    if (task) return { type: 'taskCompleted', startedId: idOf(task.startedEventId) };
    const broken = raw.workflowTaskFailedEventAttributes;
    if (broken) return { type: 'taskFailed', message: broken.failure?.message ?? '' };
    const signal = raw.workflowExecutionSignaledEventAttributes;
    if (signal) return this.#signal(signal.signalName ?? '', signal.input);
    if (raw.workflowExecutionCancelRequestedEventAttributes) return { type: 'cancelRequested' };
    const timer = raw.timerStartedEventAttributes;
    if (timer) return { type: 'timerStarted', ms: msOfDuration(timer.startToFireTimeout) };
    const fired = raw.timerFiredEventAttributes;
    const timerEnd = fired ?? raw.timerCanceledEventAttributes;
    if (timerEnd) return { type: 'timerEnded', startedId: idOf(timerEnd.startedEventId), fired: Boolean(fired) };
    return (await this.#state(raw)) ?? (await this.#update(raw)) ?? (await this.#marker(raw)) ?? { type: 'other' };
  }

  /** What signals carry may be big; views use new limits only. */
  async #signal(signal: string, input: Payloads): Promise<EventBody> {
    if (signal !== SIGNALS.limits) return { type: 'signaled', signal };
    return { type: 'signaled', signal, input: await this.#payloads.at(input, 0) };
  }

  /** An update counts when it was carried out: of two that were accepted at once, one may find its place taken. */
  async #update(raw: RawEvent): Promise<EventBody | null> {
    const completed = raw.workflowExecutionUpdateCompletedEventAttributes;
    if (!completed) return null;
    const accepted = idOf(completed.acceptedEventId);
    const input = this.#updates.get(accepted);
    this.#updates.delete(accepted);
    const update = input?.name ?? '';
    if (!completed.outcome?.success || (update !== UPDATES.answer && update !== UPDATES.steer)) return null;
    return { type: 'updated', update, request: await this.#payloads.at(input?.args, 0) };
  }

  async #state(raw: RawEvent): Promise<EventBody | null> {
    const attributes = raw.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields;
    const payload = attributes?.[SEARCH_ATTRIBUTES.state];
    if (payload === undefined) return null;
    const value = await this.#payloads.at({ payloads: [payload] }, 0);
    const state = Array.isArray(value) ? value[0] : value;
    return typeof state === 'string' ? { type: 'stateChanged', state } : null;
  }

  /** The SDK writes a local activity's name into `data` and its return value into `result`; arguments are not kept. */
  async #marker(raw: RawEvent): Promise<EventBody | null> {
    const marker = raw.markerRecordedEventAttributes;
    if (marker?.markerName !== 'core_local_activity') return null;
    const data = await this.#payloads.at(marker.details?.data, 0);
    const activity = typeof data === 'object' && data !== null && !Array.isArray(data) ? data.activity_type : null;
    return {
      type: 'localActivity',
      activity: typeof activity === 'string' ? activity : '',
      result: await this.#payloads.at(marker.details?.result, 0),
    };
  }
}

const NO_CODE = { code: null, details: null, timeout: null };
const CANCELLED = { kind: 'cancelled', message: 'cancelled', ...NO_CODE } as const;
const TERMINATED = { kind: 'terminated', message: 'the child was terminated from outside', ...NO_CODE } as const;
const NOT_STARTED = {
  kind: 'other',
  message: 'the child could not be started: its workflow id is taken',
  ...NO_CODE,
} as const;

/** A program's input holds whole scripts and agent definitions; views use these members. */
function headOf(input: Json): Json {
  if (!isJsonObject(input)) return null;
  const { parent, name, asked, context, rlm, models } = input;
  return Object.fromEntries(
    Object.entries({ parent, name, asked, context, rlm, models }).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
}

/** An agent's input holds its whole prompt; only the tag is kept. */
function tagOf(input: Json): Json {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? (input.tag ?? null) : null;
}
