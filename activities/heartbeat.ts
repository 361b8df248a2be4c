import { Context } from '@temporalio/activity';
import { LIMITS } from '../protocol/limits.ts';

/**
 * Runs an activity's work with a heartbeat at a steady pace, so that a dead worker is noticed and cancellation arrives.
 * `report` sets the details of the next beats.
 */
export async function beating<T>(work: (report: (details: unknown) => void) => Promise<T>): Promise<T> {
  const context = Context.current();
  let details: unknown;
  const timer = setInterval(() => context.heartbeat(details), LIMITS.heartbeatMs / 5);
  try {
    return await work((latest) => {
      details = latest;
    });
  } finally {
    clearInterval(timer);
  }
}
