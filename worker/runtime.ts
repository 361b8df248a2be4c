import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

let installed = false;

/** Installs the SDK's runtime once per process: quiet, and without signal handlers of its own, which swallow Ctrl+C (facts §2). */
export function installRuntime(level: 'ERROR' | 'INFO' = 'ERROR'): void {
  if (installed) return;
  installed = true;
  // Forwarded to the logger, which writes to stderr: the core's own console goes to stdout, which belongs to answers.
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: level, other: level }) };
  const runtime = Runtime.install({
    logger: new DefaultLogger(level),
    shutdownSignals: [],
    telemetryOptions: { logging },
  });
  // Forwarded lines are sorted by time before anybody looks at their level: several for each activity and each workflow task.
  const nothing = (): void => undefined;
  Object.assign(runtime.logger, { trace: nothing, debug: nothing });
}
