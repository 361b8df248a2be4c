import { spawn } from 'node:child_process';
import { closeSync, fstatSync } from 'node:fs';
import { BraidError } from '../protocol/errors.ts';
import { openLog } from './files.ts';
import { identityOf, type ProcessIdentity } from './process-identity.ts';

export interface Detached {
  identity: ProcessIdentity;
  /** Where in the log its own output begins. */
  logFrom: number;
  /** Settles with `exit code 1` or a signal's name, if this process lives to see it. Keeps no process alive. */
  exited: Promise<string>;
}

/** Starts a process in a session of its own that outlives this one and its terminal; it writes to the log and reads nothing. */
export function spawnDetached(
  command: readonly string[],
  options: { env: NodeJS.ProcessEnv; logFile: string },
): Detached {
  const [file, ...args] = command;
  if (file === undefined)
    throw new BraidError('BRAID_INTERNAL', 'An empty command was to be started in the background.');
  const log = openLog(options.logFile);
  try {
    const logFrom = fstatSync(log).size;
    const child = spawn(file, args, { stdio: ['ignore', log, log], detached: true, env: options.env });
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    child.unref();
    if (child.pid === undefined)
      throw new BraidError('BRAID_INTERNAL', `The background command ${file} cannot be executed.`);
    const identity = identityOf(child.pid) ?? { pid: child.pid, startToken: 'ended' };
    return { identity, logFrom, exited };
  } finally {
    closeSync(log);
  }
}
