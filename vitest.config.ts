import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Files at once, of all projects together: more than the machine has cores, since the files of `integration` and `e2e` spend
 * half of their time waiting for a server, a timer or the end of a process. The same number in each project makes them one
 * queue, in which e2e goes first and the many short files of `unit` last.
 */
const maxWorkers = Math.min(availableParallelism() + 1, 8);

/**
 * In CI a failed test is run once more, and fails when it fails again: hundreds of tests wait for real processes and servers on a machine
 * that may stand still for seconds. By hand nothing is run twice, so that a test that depends on luck is seen.
 */
const retry = process.env['CI'] === undefined ? 0 : 1;

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
          retry,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/kit/global-server.ts'],
          testTimeout: 120_000,
          retry,
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
          retry,
          hookTimeout: 300_000,
          maxWorkers,
        },
      },
    ],
  },
});
