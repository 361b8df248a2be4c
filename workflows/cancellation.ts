import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import type { Window } from './ledger/window.ts';

/**
 * Waits for `wanted`, or throws when the current scope is cancelled first. What is given after that goes to `giveBack`: a
 * slot or a reservation that nobody waits for any more must not stay taken.
 */
export async function unlessCancelled<T>(wanted: Promise<T>, giveBack: (value: T) => void): Promise<T> {
  const scope = CancellationScope.current();
  let gone = false;
  const given = wanted.then((value) => {
    if (!gone && !scope.consideredCancelled) return value;
    giveBack(value);
    throw new CancelledFailure('cancelled while it waited');
  });
  try {
    return await Promise.race([given, scope.cancelRequested]);
  } catch (error) {
    gone = true;
    given.catch(() => undefined);
    throw error;
  }
}

/** Resolves with a slot of the window taken, which the caller releases. */
export async function slotIn(window: Window): Promise<void> {
  let taken = false;
  const slot = new Promise<void>((resolve) => {
    window.request(() => {
      taken = true;
      resolve();
    });
  });
  if (!taken) await unlessCancelled(slot, () => window.release());
}
