import type { WorkerOptions } from '@temporalio/worker';
import { BraidError } from '../protocol/errors.ts';
import { LIMITS, SETTING_BOUNDS } from '../protocol/limits.ts';

const VARIABLE = 'BRAID_MAX_REQUESTS_PER_SECOND';

type Dispatch = Pick<WorkerOptions, 'maxTaskQueueActivitiesPerSecond' | 'maxEagerActivityReservationsPerWorkflowTask'>;

/**
 * How activities reach the worker. The one that ends a workflow task takes what the task asked for with the server's answer, as far as
 * it has room: half the server's work for a call. A rate holds for all workers of a store together, because the server hands out no more
 * activities of the task queue; so nothing may go past the queue then. Each request to a provider is one activity, so a rate bounds
 * requests; tool calls, snapshots and what else is an activity draw from it too: it is an upper bound, not a target. The worker that
 * polled last decides: give all of them the same value.
 *
 * Errors: BRAID_CONFIG for what is no such number.
 */
export function dispatchOptions(env: NodeJS.ProcessEnv): Dispatch {
  const text = env[VARIABLE]?.trim() ?? '';
  if (text === '') return { maxEagerActivityReservationsPerWorkflowTask: LIMITS.maxConcurrency };
  const { min, max } = SETTING_BOUNDS.requestsPerSecond;
  const rate = Number(text);
  if (rate >= min && rate <= max)
    return { maxTaskQueueActivitiesPerSecond: rate, maxEagerActivityReservationsPerWorkflowTask: 0 };
  throw new BraidError('BRAID_CONFIG', `${VARIABLE}=${text} is no rate: a number from ${min} to ${max} was expected.`, {
    fix: `Set ${VARIABLE} to a number such as 20, or unset it.`,
  });
}
