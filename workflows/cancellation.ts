import { CancellationScope, CancelledFailure } from '@temporalio/workflow';

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
