/**
 * The workflow's side of a REPL session: which turns were taken, and who holds the live session.
 *
 *  J1  The journal holds every turn whose result is in history, and no other: a session can always be built from it.
 *  J2  A turn that was lost is taken again on any worker, with the journal; lost twice, it is a crash loop and ends (RL-64).
 *  J3  A turn that merely was not picked up in time is not lost: its worker is gone or busy.
 *  J4  Where the session's worker takes along what its workflow tasks ask for, turns go to the queue of all, which leads there without
 *      a way over a queue. One that strayed to another worker is sent on, and all later ones go to the session's own queue.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { RlmHandover } from '../../protocol/handover.ts';
import { RLM } from '../../protocol/limits.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import type { ReplJournalEntry, ReplOpen, ReplStepRequest, ReplTurn, ReplTurnEnd } from '../../protocol/repl.ts';
import { activities } from '../activities.ts';

/** A turn took its worker down twice. */
export class CrashLoop extends Error {}

export class ReplSession {
  private readonly open: ReplOpen;
  private readonly journal: ReplJournalEntry[] = [];
  private queue: string | null = null;
  private near = false;
  private strayed = false;
  /** How often the session was given up: part of the token that fences stale ones (design §4.6). */
  private generation = 0;

  constructor(open: ReplOpen) {
    this.open = open;
  }

  get handover(): RlmHandover['session'] {
    const { queue, generation } = this;
    return { queue, generation };
  }

  get turns(): ReplJournalEntry[] {
    return this.journal;
  }

  continueFrom({ queue, generation }: RlmHandover['session'], turns: ReplJournalEntry[]): void {
    Object.assign(this, { queue, generation });
    this.journal.push(...turns);
  }

  /** Takes one turn. `id` names its activity. Throws {@link CrashLoop}, or what makes every try useless. */
  async take(turn: ReplTurn, tag: CallTag, id: string): Promise<ReplTurnEnd> {
    const faults: number[] = [];
    let lost = 0;
    for (let attempt = 0; ; attempt += 1) {
      const name = attempt === 0 ? id : `${id}~${attempt + 1}`;
      try {
        const holder = this.near && !this.strayed ? this.queue : null;
        const queue = holder === null ? this.queue : null;
        const result = await activities.replStep(tag, name, queue, this.request(turn, faults, holder));
        if (result.kind === 'elsewhere') {
          this.strayed = true;
          continue;
        }
        if (result.kind === 'ran') {
          this.queue = result.queue;
          this.near = result.near === true;
          this.journal.push({ turn, undone: result.undone, calls: result.calls.length, faults: result.faults });
          return result;
        }
        if (result.fault !== null) faults.push(result.fault);
        else if (result.crashed) lost += 1;
      } catch (error) {
        if (isCancellation(error) || !isLoss(error)) throw error;
        if (!wasNotPickedUp(error)) lost += 1;
      }
      this.queue = null;
      this.generation += 1;
      if (lost >= RLM.lostTurns) throw new CrashLoop(`A turn of the REPL took its worker down ${lost} times.`);
    }
  }

  private request(turn: ReplTurn, faults: number[], holder: string | null): ReplStepRequest {
    // The first of a chain of executions: a node that continues as new keeps its session.
    const { workflowId, firstExecutionRunId: runId } = workflowInfo();
    return {
      session: `${workflowId}/${runId}`,
      token: `${runId}.${this.generation}`,
      version: this.journal.length,
      turn,
      faults,
      rebuild: this.queue === null ? { open: this.open, journal: this.journal } : null,
      ...(holder === null ? {} : { holder }),
    };
  }
}

/** Whether the turn may be taken again: its worker died, hung or was not there. */
function isLoss(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  const { cause } = error;
  return cause instanceof TimeoutFailure || (cause instanceof ApplicationFailure && cause.type === 'BRAID_WORKER_DIED');
}

function wasNotPickedUp(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START';
}
