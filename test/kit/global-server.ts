import type { TestProject } from 'vitest/node';
import { startTestServer } from './temporal.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the suite's server. Take a task queue of your own per test. */
    temporalAddress: string;
  }
}

/** One server for the whole integration suite, ended after it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestServer();
  project.provide('temporalAddress', server.address);
  return () => server.stop();
}
