/** A worker as users run one: `braid worker`, a process of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWithOwner } from '../../server/owner-watch.ts';

/** `built` is what users run; `source` saves the build but bundles at every start, which moves its memory. */
export type WorkerKind = 'built' | 'source';

export interface WorkerProcess {
  pid: number;
  /** Ends it cleanly. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): void;
}

const FILES = { built: '../../dist/client/cli/main.js', source: '../../client/cli/main.ts' };
/** Bundling on a busy machine. */
const READY_MS = 60_000;

/** Resolves when it takes tasks. `folder` is where it runs: no `.env` of anybody is in it. */
export async function startWorkerProcess(
  kind: WorkerKind,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [pathOf(FILES[kind]), 'worker'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the worker could not be started');
  const release = endWithOwner(pid);
  const ended = once(child, 'exit').finally(release);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the worker was not ready in time:\n${said}`)), READY_MS);
    const settle = (done: () => void) => () => {
      clearTimeout(timer);
      done();
    };
    child.once(
      'exit',
      settle(() => reject(new Error(`the worker ended:\n${said}`))),
    );
    child.stderr.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(-10_000);
      if (said.includes('Worker ready')) settle(resolve)();
    });
  });
  return {
    pid,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Builds what `braid` runs, if the sources are newer. */
export function buildIfStale(): void {
  const { status } = spawnSync(process.execPath, [pathOf('../../scripts/build.mjs'), '--if-stale'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('the build failed; its reason is above');
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
