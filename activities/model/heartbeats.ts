import { CancelledFailure, Context } from '@temporalio/activity';
import { MODEL_CALL } from '../../protocol/limits.ts';
import type { Ride } from './flights.ts';

/**
 * Tells the server how a request goes: at once when it is sent, then new token counts at most once a second, and in
 * silence often enough that a dead worker is told apart from a slow provider. Returns the function that stops it.
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

  // A model without a network answers before anybody could look; a call to the server for each would cost more than it.
  if (!options.quiet) {
    let sent = -1;
    ride.onChange(() => {
      if (ride.progress.state !== 'sent' || sent === ride.progress.requests) return;
      sent = ride.progress.requests;
      beat();
    });
    if (ride.progress.state !== 'waiting') beat();
  }
  const timer = setInterval(
    () => {
      const news = shown !== JSON.stringify(ride.progress);
      if (news || Date.now() - last >= silenceMs) beat();
    },
    Math.min(MODEL_CALL.progressEveryMs, silenceMs),
  );
  return () => clearInterval(timer);
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
