import type { Finding } from './finding.ts';

/** Whether a worker on this machine could run commands for agents. */
export async function shellFinding(): Promise<Finding> {
  // Late: only this command tries a sandbox.
  const { findSandbox } = await import('../../activities/effects/sandbox/find.ts');
  const { kind, problems } = await findSandbox();
  const what = 'sandbox';
  if (kind !== null)
    return {
      what,
      state: 'ok',
      detail: `${kind}; agents' commands run without network unless braid.config.ts allows it`,
    };
  return {
    what,
    state: 'warning',
    detail: `none, so agents cannot run commands: ${problems.join('; ')}`,
    fix: 'Where the worker runs, install bubblewrap (bwrap), or util-linux 2.38 or newer with user namespaces allowed.',
  };
}
