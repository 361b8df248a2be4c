/** Workers as processes that can be hit: on the sources, each with an address of the provider that is its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../test/kit/worker-main.ts', import.meta.url));
/** Starting takes 2 s on a quiet machine. */
const READY_MS = 300_000;

/** A worker that has loaded everything and polls once it is told to, so that the next one comes at once. */
export interface SpareWorker {
  /** Resolves when it polls. */
  go(): Promise<WorkerProcess>;
  end(): Promise<void>;
}

export interface WorkerProcess {
  readonly pid: number;
  /** How it ended although nobody ended it; null while it lives, and after {@link kill}. */
  readonly died: string | null;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export function prepareWorker(env: NodeJS.ProcessEnv, logFile: string): SpareWorker {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], OPENAI_API_KEY: 'k', ...env },
    stdio: ['pipe', 'pipe', log],
  });
  const ready = saysReady(child);
  ready.catch(() => undefined); // it may be ended unused
  child.stdin?.on('error', () => undefined);
  return {
    end: () => killed(child),
    go: async () => {
      child.stdin?.write('go\n');
      await ready;
      return processOf(child);
    },
  };
}

function processOf(child: ChildProcess): WorkerProcess {
  let died: string | null = null;
  let wanted = false;
  child.once('exit', (code, signal) => {
    if (!wanted) died = signal ?? `exit code ${code}`;
  });
  return {
    pid: child.pid ?? -1,
    get died() {
      return died;
    },
    kill: () => {
      wanted = true;
      return killed(child);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

function saysReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`a worker was not ready after ${READY_MS / 1000} s`)), READY_MS);
    child.stdout?.on('data', (chunk: Buffer) => {
      if (!chunk.toString().includes('ready')) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`a worker ended before it was ready (${signal ?? code})`));
    });
  });
}

function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
