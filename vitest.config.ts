import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Files at once, of all projects together: more than the machine has cores, since the files of `integration` and `e2e` spend
 * half of their time waiting for a server, a timer or the end of a process. The same number in each project makes them one
 * queue, in which e2e goes first and the many short files of `unit` last.
 */
const maxWorkers = Math.min(availableParallelism() + 1, 8);

/** `unit` needs no server; `integration` shares one real dev server; `e2e` runs the built command in real processes. */
export default defineConfig({
  test: {
    maxWorkers,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 40_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/kit/global-server.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          isolate: false,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          maxWorkers,
        },
      },
    ],
  },
});
