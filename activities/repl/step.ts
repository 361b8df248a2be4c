/**
 * The `replStep` activity (protocol/repl.ts, V1 to V3).
 *
 *  P1  Every way a turn can end but a result closes the session: the next attempt builds it from the journal.
 *  P2  A session that dies, hangs or is not here is `lost`, a result: what to do then is the workflow's to decide. Only what
 *      another attempt cannot mend is thrown.
 */
import { CancelledFailure, Context } from '@temporalio/activity';
import type { BraidActivities } from '../../protocol/activities.ts';
import type { ReplStepRequest, ReplStepResult, ReplTurnEnd } from '../../protocol/repl.ts';
import { joinOutput } from '../../sandbox/cells/output.ts';
import { toFailure } from '../failures.ts';
import { beating } from '../heartbeat.ts';
import { deliverCalls } from './calls.ts';
import { judgeFinal } from './final.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { ThreadTurnEnd } from './thread-messages.ts';
import { SessionLost } from './thread.ts';

export interface ReplStepDeps {
  sessions: Sessions;
  /** Task queue on which this worker's sessions are reached. */
  queue: string;
  /** Whether this worker takes along what its workflow tasks ask for (worker/dispatch.ts). */
  near: boolean;
}

export function createReplStep(deps: ReplStepDeps): BraidActivities['replStep'] {
  return (_tag, request) =>
    beating(async () => {
      try {
        return await takeStep(deps, request, Context.current().cancellationSignal);
      } catch (error) {
        throw toFailure(error);
      }
    });
}

/** One turn. Errors: BRAID_REPL_ENGINE, BRAID_INTERNAL for a replay that diverged, those of the store and of contexts. */
export function takeStep(
  { sessions, queue, near }: ReplStepDeps,
  request: ReplStepRequest,
  signal: AbortSignal,
): Promise<ReplStepResult> {
  if (request.holder !== undefined && request.holder !== queue) return Promise.resolve({ kind: 'elsewhere' });
  return sessions.inSlot(async () => {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const session = await sessions.claim(request);
    if (session === null) return { kind: 'lost', fault: null, crashed: false };
    try {
      const end = await session.take(request.turn, request.faults, signal);
      const told = await tell(sessions, session, end);
      if (told.final?.ok === true) sessions.close(session, true);
      else sessions.release(session);
      return { kind: 'ran', queue, ...(near ? { near } : {}), ...told, ms: Math.round(performance.now() - startedAt) };
    } catch (error) {
      sessions.close(session);
      // A worker that is shut down gives its turns back; another one takes them.
      if (isShutdown(signal)) return { kind: 'lost', fault: null, crashed: false };
      if (error instanceof SessionLost) return { kind: 'lost', fault: error.fault, crashed: error.crashed };
      throw error;
    }
  });
}

function isShutdown({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN';
}

/** What happened in the guest, as what crosses to the workflow: large texts by reference. */
async function tell(sessions: Sessions, session: Session, end: ThreadTurnEnd): Promise<Omit<ReplTurnEnd, 'ms'>> {
  const { state, eager, error, hints, variables, undone, faults, gas, memory, output } = end;
  const { store, shares, readText } = sessions;
  const { texts, schema } = session;
  const [calls, final] = await Promise.all([
    deliverCalls(sessions, texts, end.calls),
    end.final === null ? null : judgeFinal({ store, shares, readText, texts, schema }, end.final),
  ]);
  const facts = { state, eager, error, hints, variables, undone, faults, gas, memory };
  return { ...facts, calls, final, output: joinOutput(output), outputChars: output.chars };
}
