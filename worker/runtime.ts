import { DefaultLogger, Runtime } from '@temporalio/worker';

let installed = false;

/** Installs the SDK's runtime once per process: quiet, and without signal handlers of its own, which swallow Ctrl+C (facts §2). */
export function installRuntime(level: 'ERROR' | 'INFO' = 'ERROR'): void {
  if (installed) return;
  installed = true;
  Runtime.install({ logger: new DefaultLogger(level), shutdownSignals: [] });
}
