import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleWorkflows } from '../../worker/bundle.ts';
import { startTestServer } from './temporal.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the suite's server. Take a task queue of your own per test. */
    temporalAddress: string;
    /** File with the workflow code of these sources: bundling takes a second or two, and files run in several processes. */
    workflowBundle: string;
  }
}

/** One server and one bundle for the whole integration suite, gone after it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'braid-bundle-'));
  const bundleFile = path.join(folder, 'workflows.js');
  const [server, { code }] = await Promise.all([startTestServer(), bundleWorkflows()]);
  writeFileSync(bundleFile, code);
  project.provide('temporalAddress', server.address);
  project.provide('workflowBundle', bundleFile);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
