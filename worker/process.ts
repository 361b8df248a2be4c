/**
 * A worker as a whole process: `braid worker`, and the worker of `braid dev`.
 *
 *  P1  SIGTERM or the first Ctrl+C ends it cleanly: it takes nothing new and lets calls in hand finish for a grace time.
 *  P2  A server that goes away is waited for; the worker goes on by itself when it is back.
 */
import type { NativeConnection } from '@temporalio/worker';
import { workerFingerprint } from '../server/fingerprint.ts';
import { taskQueueOf } from '../protocol/names.ts';
import { connectClient, connectWorker, type Target } from '../server/connection.ts';
import { ensureSearchAttributes } from '../server/namespace.ts';
import { registerProcess } from '../server/process-files.ts';
import { openStore, type Store } from '../store/blobs.ts';
import { keepClosedRuns } from './keeper.ts';
import { installRuntime } from './runtime.ts';
import { takeOver } from './successor.ts';
import type { BraidWorker } from './braid-worker.ts';
import { createWorker } from './worker.ts';

export interface WorkerProcess {
  target: Target;
  home: string;
  env: NodeJS.ProcessEnv;
  mode: 'foreground' | 'background';
  progress: (line: string) => void;
}

export interface RunningWorker {
  taskQueue: string;
  /** Settles when the worker has ended. */
  done: Promise<void>;
  stop(): void;
}

export async function startWorker({ target, home, env, mode, progress }: WorkerProcess): Promise<RunningWorker> {
  installRuntime(env['BRAID_DEBUG'] === undefined ? 'ERROR' : 'INFO');
  const store = openStore(home);
  await prepareServer(target, progress);
  const taskQueue = taskQueueOf(store.id);
  // Beside the start of this one, which takes a second or two: what is given back is in the queue by then.
  void relieveTheDead(target, taskQueue, progress);
  const connection = await connectWorker(target);
  const worker = await createWorker({ connection, namespace: target.namespace, store, env });
  // Whoever started a background worker has entered it already (server/background.ts).
  const entry = {
    kind: 'worker',
    mode,
    fingerprint: workerFingerprint(env),
    taskQueue,
    address: target.options.address,
    logFile: null,
  } as const;
  const unregister = mode === 'foreground' ? registerProcess(home, entry) : () => undefined;
  progress(`Worker ready on ${taskQueue} (${target.options.address}).`);
  const done = runToEnd(worker, connection).finally(unregister);
  void keepJournals(target, store, taskQueue, done);
  return { taskQueue, done, stop: () => worker.shutdown() };
}

async function runToEnd(worker: BraidWorker, connection: NativeConnection): Promise<void> {
  try {
    await worker.run();
  } finally {
    await connection.close();
  }
}

/** Until the worker ends. */
async function keepJournals(target: Target, store: Store, taskQueue: string, done: Promise<void>): Promise<void> {
  const ended = new AbortController();
  void done.catch(() => undefined).finally(() => ended.abort());
  try {
    const connection = await connectClient(target);
    await keepClosedRuns({ connection, namespace: target.namespace, store, taskQueue }, ended.signal);
    await connection.close();
  } catch {
    return;
  }
}

/** Best effort (successor.ts, T3): without it the server's timeouts do the same later. */
async function relieveTheDead(target: Target, taskQueue: string, progress: WorkerProcess['progress']): Promise<void> {
  try {
    const connection = await connectClient(target);
    try {
      const { activities } = await takeOver(connection, target.namespace, taskQueue);
      if (activities > 0) progress(`Took over ${activities} calls in flight from a worker that died.`);
    } finally {
      await connection.close();
    }
  } catch {
    return;
  }
}

/** A server that we did not start may not know our search attributes; a run that sets an unknown one could never go on. */
async function prepareServer(target: Target, progress: WorkerProcess['progress']): Promise<void> {
  const connection = await connectClient(target);
  try {
    const added = await ensureSearchAttributes(connection, target.namespace);
    if (added.length > 0) progress(`Registered search attributes: ${added.join(', ')}.`);
  } finally {
    await connection.close();
  }
}
