import type { CallEntry } from './call-entry.ts';
import type { Program } from './program.ts';

interface OpenActivity {
  name: string;
  address: string;
  activityId: string;
}

/** What the reducer remembers of one workflow execution of the tree while it reads its history. */
export class ExecutionNode {
  readonly id: string;
  /** Address of the call that this execution runs; null for the root. */
  readonly call: string | null;
  /** What it runs, unless that is an agent. */
  readonly program: Program | null;
  /** Event ids up to here were applied. */
  lastEvent = 0;
  /** Its first task was given out, so it has a history. */
  started = false;
  /** Its parent saw its end. */
  over = false;
  /** Its own history was read to its end. */
  closed = false;
  /** Its parent's history holds its result, so its own history adds nothing. */
  known = false;
  cancelling = false;
  /** Activities in flight, by the id of the event that scheduled them. */
  readonly activities = new Map<number, OpenActivity>();
  /** Ids of all activities that were ever scheduled. */
  readonly #activityIds = new Set<string>();
  /** Workflow ids of children, by the id of the event that initiated them. */
  readonly children = new Map<number, string>();
  /** Timers not fired yet → when they will. */
  readonly timers = new Map<number, number>();
  timerFiredAt = 0;
  /** The last workflow task answered to all events before this one; `handledTo`: the same of the task before. */
  reactedTo = 0;
  handledTo = 0;
  /** Length of the story when the last workflow task ended. */
  mark = 0;
  /** Calls with an answer that the program may not have seen yet. */
  readonly answered = new Set<CallEntry>();

  constructor(id: string, call: string | null, program: Program | null) {
    this.id = id;
    this.call = call;
    this.program = program;
  }

  scheduled(eventId: number, activity: OpenActivity): void {
    this.activities.set(eventId, activity);
    this.#activityIds.add(activity.activityId);
  }

  /** Address of the call that an activity works for; null when history says that the activity has ended. */
  addressOfPending(activityId: string): string | null {
    for (const activity of this.activities.values()) if (activity.activityId === activityId) return activity.address;
    return this.#activityIds.has(activityId) ? null : this.call;
  }

  earliestTimer(): number | null {
    return this.timers.size === 0 ? null : Math.min(...this.timers.values());
  }

  /** The execution goes on in another run with a history of its own, in which nothing is in flight. */
  renew(): void {
    this.lastEvent = 0;
    this.reactedTo = 0;
    this.handledTo = 0;
    this.timerFiredAt = 0;
    this.activities.clear();
    this.#activityIds.clear();
    this.children.clear();
    this.timers.clear();
  }
}
