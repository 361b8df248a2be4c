/**
 * A process's worker: two of Temporal's that live and end together. One serves the store's queue, which all workers of the
 * store share; the other the queue on which this very process is reached, for turns of the REPL sessions it holds.
 *
 *  W1  They run as one: when one of them fails, the other is shut down and the failure is told.
 *  W2  When both have ended, the sessions' threads end.
 */
import type { Worker } from '@temporalio/worker';
import type { Sessions } from '../activities/repl/sessions.ts';

/** What callers need of a worker. */
export type BraidWorker = Pick<Worker, 'run' | 'shutdown' | 'getState'>;

export function joinWorkers(main: Worker, own: Worker, sessions: Sessions): BraidWorker {
  const workers = [main, own];
  const shutdown = (): void => {
    // Shutting down a worker twice throws.
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const runOne = async (worker: Worker): Promise<void> => {
    try {
      await worker.run();
    } finally {
      shutdown();
    }
  };
  return {
    shutdown,
    getState: () => main.getState(),
    async run() {
      try {
        const ends = await Promise.allSettled(workers.map(runOne));
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
      } finally {
        await sessions.end();
      }
    },
  };
}
