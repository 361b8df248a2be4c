import { CancelledFailure, Context } from '@temporalio/activity';
import { MODEL_CALL } from '../../protocol/limits.ts';
import type { Ride } from './flights.ts';

/**
 * Tells the server how a request goes: soon after it was sent, then new token counts at most once a second, and in
 * silence often enough that a dead worker is told apart from a slow provider. A call that is answered before that tells nothing:
 * each beat costs the server as much as the call's result (a third of its work in a wide batch). Returns the function that stops it.
 */
export function keepAlive(ride: Ride<unknown>, options: { quiet: boolean }): () => void {
  const context = Context.current();
  const silenceMs = Math.min(
    MODEL_CALL.heartbeatEveryMs,
    (context.info.heartbeatTimeoutMs ?? Number.POSITIVE_INFINITY) / 3,
  );
  let last = Date.now();
  let shown = '';

  function beat(): void {
    last = Date.now();
    shown = JSON.stringify(ride.progress);
    context.heartbeat({ ...ride.progress });
  }

  // A model without a network answers before anybody could look.
  const first = options.quiet ? undefined : setTimeout(beat, Math.min(MODEL_CALL.firstBeatMs, silenceMs));
  const timer = setInterval(
    () => {
      const news = shown !== JSON.stringify(ride.progress);
      if (news || Date.now() - last >= silenceMs) beat();
    },
    Math.min(MODEL_CALL.progressEveryMs, silenceMs),
  );
  return () => {
    clearTimeout(first);
    clearInterval(timer);
  };
}

/**
 * Rejects when the attempt is over although the request is not, and leaves the flight in the way that fits the reason:
 * a cancelled call stops, a lost attempt's request goes on for its successor.
 */
export function untilCancelled(ride: Ride<unknown>): { cancelled: Promise<never>; stop: () => void } {
  const { cancellationSignal } = Context.current();
  let onAbort = (): void => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    onAbort = () => {
      const reason: unknown = cancellationSignal.reason;
      ride.leave(isLost(reason) ? 'lost' : 'cancelled', reason);
      reject(reason instanceof Error ? reason : new CancelledFailure('CANCELLED'));
    };
  });
  cancelled.catch(() => undefined);
  if (cancellationSignal.aborted) onAbort();
  else cancellationSignal.addEventListener('abort', onAbort, { once: true });
  return { cancelled, stop: () => cancellationSignal.removeEventListener('abort', onAbort) };
}

/** The server no longer knows this attempt; the call itself was not cancelled. */
function isLost(reason: unknown): boolean {
  return reason instanceof CancelledFailure && (reason.message === 'NOT_FOUND' || reason.message === 'TIMED_OUT');
}
