/** History events with their payloads read: what views and journals are made of. Proto types end here. */
import type { Json } from '../protocol/json.ts';

export interface FailureData {
  kind: 'application' | 'timeout' | 'cancelled' | 'terminated' | 'other';
  message: string;
  /** `type` of an ApplicationFailure: a Braid error code when it is ours. */
  code: string | null;
  /** `details[0]` of an ApplicationFailure. */
  details: Json;
  /** Which timeout, for `kind: 'timeout'`. */
  timeout: 'start-to-close' | 'schedule-to-start' | 'schedule-to-close' | 'heartbeat' | null;
}

/** What an event says, without its place in the history. */
export type EventBody = DistributiveOmit<DecodedEvent, 'id' | 'at'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export type EventOf<T extends DecodedEvent['type']> = Extract<DecodedEvent, { type: T }>;
export type ActivityEvent = EventOf<
  'activityStarted' | 'activityCompleted' | 'activityFailed' | 'activityCancelRequested'
>;

/** Payload fields are null when absent, not wanted, or not readable here (the decoder then has a notice). */
export type DecodedEvent = { id: number; at: number } &
  /** `runId`: which run of a chain (continue-as-new) this is. */
  (
    | { type: 'started'; workflowType: string; taskQueue: string; input: Json; runId?: string }
    /** `startedId`: the event whose commands this task answered with; everything before it has been reacted to. */
    | { type: 'taskCompleted'; startedId: number }
    | { type: 'taskFailed'; message: string }
    /** `request`: the second argument, of the activities of which views or exports use it. */
    | { type: 'activityScheduled'; activity: string; activityId: string; tag: Json; request?: Json }
    | { type: 'activityStarted'; scheduledId: number; attempt: number }
    | { type: 'activityCompleted'; scheduledId: number; result: Json }
    | { type: 'activityFailed'; scheduledId: number; failure: FailureData }
    /** The workflow gave the activity up; it goes on without waiting for the activity's own end. */
    | { type: 'activityCancelRequested'; scheduledId: number }
    /** `input`: an agent's tag; of other programs, the members of the input that views use. */
    | { type: 'childInitiated'; workflowId: string; workflowType: string; input: Json }
    | { type: 'childStarted'; initiatedId: number }
    | { type: 'childCompleted'; initiatedId: number; result: Json }
    | { type: 'childFailed'; initiatedId: number; failure: FailureData }
    | { type: 'localActivity'; activity: string; result: Json }
    | { type: 'timerStarted'; ms: number }
    | { type: 'timerEnded'; startedId: number; fired: boolean }
    /** `input`: of signals that change limits. */
    | { type: 'signaled'; signal: string; input?: Json }
    /** A question of a person that was taken: `update` is its name, `request` what was asked. Refused ones leave no event. */
    | { type: 'updated'; update: string; request: Json }
    /** The execution wrote how it stands, for lists: a status, or `waiting`. */
    | { type: 'stateChanged'; state: string }
    | { type: 'cancelRequested' }
    | { type: 'completed'; result: Json }
    | { type: 'failed'; failure: FailureData }
    | { type: 'cancelled'; details: Json }
    | { type: 'terminated'; reason: string }
    | { type: 'timedOut' }
    /** The workflow goes on in another run of the same id; event ids start again at 1. */
    | { type: 'continuedAsNew'; runId: string }
    /** Anything that views do not use. */
    | { type: 'other' }
  );
