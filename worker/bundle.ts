/** The workflow code as one script for Temporal's isolate. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** Here and beside: `.ts` in the repository, `.js` in the built package. */
const EXT = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Evaluated once for all workflows of a worker, all of our code among it: a workflow that begins finds it compiled and warm (measured:
 * 7 ms less for each, and hashing 4 times as quick). So no module may keep what a workflow could notice: constants, and tables
 * of what is a function of its key (test/unit/worker/bundle.test.ts).
 */
const PRELOADED = ['workflows/quiet-stacks', 'sandbox/engine/wasm-module', 'sandbox/engine/image', 'workflows/index'];

/** The bundle that `npm run build` made, if this is the built package. */
export function builtBundle(): { codePath: string } | null {
  const codePath = here('./workflow-bundle.js');
  return existsSync(codePath) ? { codePath } : null;
}

/**
 * Bundles the workflows (about 1 s). The compiled sandbox engine is preloaded: one WebAssembly.Module serves all workflows
 * of a worker, and those that need no sandbox never touch it (facts §3).
 */
export async function bundleWorkflows(): Promise<WorkflowBundleWithSourceMap> {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  return bundleWorkflowCode({
    workflowsPath: here(`../workflows/index.${EXT}`),
    preloadModules: PRELOADED.map((file) => here(`../${file}.${EXT}`)),
    logger: new DefaultLogger('ERROR'),
    webpackConfigHook: (config) => {
      // `import()` of the sandbox stays late, but in this one file: the isolate can load no other.
      config.module = { ...config.module, parser: { javascript: { dynamicImportMode: 'eager' } } };
      return config;
    },
  });
}
