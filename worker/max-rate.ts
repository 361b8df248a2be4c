import type { WorkerOptions } from '@temporalio/worker';
import { BraidError } from '../protocol/errors.ts';
import { SETTING_BOUNDS } from '../protocol/limits.ts';

const VARIABLE = 'BRAID_MAX_REQUESTS_PER_SECOND';

/**
 * A rate that holds for all workers of a store together: the server hands out no more activities of the task queue. Each request to
 * a provider is one, so this bounds requests; tool calls, snapshots and what else is an activity draw from the same rate, so that it
 * is an upper bound, not a target. The worker that polled last decides: give all of them the same value.
 *
 * Errors: BRAID_CONFIG for what is no such number.
 */
export function maxRate(env: NodeJS.ProcessEnv): Pick<WorkerOptions, 'maxTaskQueueActivitiesPerSecond'> {
  const text = env[VARIABLE]?.trim() ?? '';
  if (text === '') return {};
  const { min, max } = SETTING_BOUNDS.requestsPerSecond;
  const rate = Number(text);
  if (rate >= min && rate <= max) return { maxTaskQueueActivitiesPerSecond: rate };
  throw new BraidError('BRAID_CONFIG', `${VARIABLE}=${text} is no rate: a number from ${min} to ${max} was expected.`, {
    fix: `Set ${VARIABLE} to a number such as 20, or unset it.`,
  });
}
