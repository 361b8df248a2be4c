import type { DecodedEvent } from '../../histories/decoded.ts';
import type { CallEntry } from './call-entry.ts';
import type { Program } from './program.ts';

interface OpenActivity {
  name: string;
  address: string;
  activityId: string;
  /** The program waits for it no more: what it still tells is its cost. */
  givenUp?: boolean;
}

/**
 * What the reducer remembers of one workflow execution of the tree while it reads its history: of a chain of runs (continue-as-new),
 * of all of them.
 */
export class ExecutionNode {
  readonly id: string;
  /** Address of the call that this execution runs; null for the root. */
  readonly call: string | null;
  /** What it runs, unless that is an agent. */
  readonly program: Program | null;
  /** By run of its chain: event ids up to here were applied. */
  readonly #applied = new Map<string, number>();
  /** The run that is being read. */
  #reading = '';
  /** Its first task was given out, so it has a history. */
  started = false;
  /** Its parent saw its end. */
  over = false;
  /** Its own history was read to its end. */
  closed = false;
  /** Its parent's history holds its result, so its own history adds nothing. */
  known = false;
  /** Its parent went on in another run while it was at work: only its own history tells its end. */
  orphaned = false;
  /** Its history is not there any more; `cut`: only the first runs of its chain are not. */
  gone = false;
  cut = false;
  /** Its call was begun anew in another execution: what this one still tells is of no interest. */
  replaced = false;
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

  /** True for an event that was not applied before; it counts as applied then. The start of a run says which run follows. */
  takes(event: DecodedEvent): boolean {
    if (event.type === 'started') this.#reading = event.runId ?? '';
    if (event.id <= (this.#applied.get(this.#reading) ?? 0)) return false;
    this.#applied.set(this.#reading, event.id);
    return true;
  }

  /** Events that were applied. */
  get events(): number {
    return [...this.#applied.values()].reduce((sum, last) => sum + last, 0);
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
    // Ids begin again: what the last run answered is older than anything that comes.
    for (const entry of this.answered) entry.answeredAt = entry.answeredAt === null ? null : 0;
    this.reactedTo = 0;
    this.handledTo = 0;
    this.timerFiredAt = 0;
    this.activities.clear();
    this.#activityIds.clear();
    this.children.clear();
    this.timers.clear();
  }
}
