/**
 * A session's thread as the main thread sees it.
 *
 *  H1  No cell stops the worker: a turn that takes longer than its time, or an operation that hangs, ends with its thread.
 *  H2  The thread's stack is asked for, never trusted: a thread that dies in whatever way is a lost session, not a dead worker.
 *  H3  An idle thread does not keep the process alive.
 */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { REPL, REPL_SANDBOX } from '../../protocol/limits.ts';
import { mayEnd, newEndingCell } from './ending.ts';
import { newOperationCell, runningOperation } from './operations.ts';
import type { ThreadMessage, ThreadReply, ThreadRequest, ThreadSnapshot } from './thread-messages.ts';

export interface SessionThread {
  /** Takes a turn. @throws SessionLost when the thread had to be ended or died; the signal's reason when it was aborted. */
  ask(request: Extract<ThreadRequest, { kind: 'turn' }>, watch: Watch): Promise<ThreadReply>;
  /** Told of heaps that the thread packed between two turns. */
  onSnapshot: (snapshot: ThreadSnapshot) => void;
  forget(): void;
  /** Lets a thread that has nothing to do warm up. */
  rehearse(): void;
  readonly alive: boolean;
  end(): Promise<void>;
}

export interface Watch {
  signal: AbortSignal;
  operationMs: number;
  turnMs: number;
}

/** The session is gone; `fault`: because this operation hung; `crashed`: because its turn took the thread down. */
export class SessionLost extends Error {
  override name = 'SessionLost';
  readonly fault: number | null;
  readonly crashed: boolean;

  constructor(why: string, { fault = null, crashed = false }: { fault?: number | null; crashed?: boolean } = {}) {
    super(why);
    this.fault = fault;
    this.crashed = crashed;
  }
}

const ENTRY = new URL(`./session-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/** `entry`: for tests of threads that die. */
export function startThread(entry: URL = ENTRY): SessionThread {
  // A regex that backtracks too much is tried again by an engine that cannot, where that one knows all its parts.
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  const cell = newOperationCell();
  const ending = newEndingCell();
  const worker = new Worker(entry, {
    env: {},
    execArgv: [],
    workerData: { cell, ending },
    resourceLimits: { stackSizeMb: REPL_SANDBOX.threadStackMb, maxOldGenerationSizeMb: REPL.threadHeapMb },
  });
  let waiting: PromiseWithResolvers<ThreadReply> | null = null;
  const thread: Pick<SessionThread, 'onSnapshot'> & { alive: boolean } = { alive: true, onSnapshot: () => undefined };
  const died = (why: string, crashed: boolean): void => {
    thread.alive = false;
    waiting?.reject(new SessionLost(why, { crashed }));
  };
  worker.unref();
  worker.on('error', (error: unknown) => died(error instanceof Error ? error.message : String(error), true));
  worker.on('exit', () => died('the thread has ended', true));
  worker.on('message', (message: ThreadMessage) => {
    if (message.kind === 'snapshot') thread.onSnapshot(message);
    else waiting?.resolve(message);
  });
  const end = async (): Promise<void> => {
    died('the thread was ended', false);
    await mayEnd(ending);
    await worker.terminate();
  };
  return Object.assign(thread, {
    end,
    forget: () => worker.postMessage({ kind: 'forget' } satisfies ThreadRequest),
    rehearse: () => worker.postMessage({ kind: 'rehearse' } satisfies ThreadRequest),
    async ask(request: ThreadRequest, watch: Watch): Promise<ThreadReply> {
      watch.signal.throwIfAborted();
      if (!thread.alive) throw new SessionLost('the thread has ended');
      const reply = Promise.withResolvers<ThreadReply>();
      waiting = reply;
      const stop = watchOver(watch, () => runningOperation(cell), reply.reject);
      worker.ref();
      worker.postMessage(request);
      try {
        return await reply.promise;
      } catch (error) {
        void end();
        throw error;
      } finally {
        stop();
        waiting = null;
        worker.unref();
      }
    },
  });
}

/** H1. Gives the reason to end a turn, once; returns what stops the watch. */
function watchOver(watch: Watch, running: () => number | null, giveUp: (reason: unknown) => void): () => void {
  const deadline = setTimeout(() => giveUp(overtime(watch.turnMs)), watch.turnMs);
  let seen: { operation: number; at: number } | null = null;
  const look = (): void => {
    const operation = running();
    if (operation === null) seen = null;
    else if (seen?.operation !== operation) seen = { operation, at: performance.now() };
    else if (performance.now() - seen.at > watch.operationMs)
      giveUp(new SessionLost('an operation hung', { fault: operation }));
  };
  const ticks = setInterval(look, Math.min(250, watch.operationMs / 4));
  const onAbort = (): void => giveUp(watch.signal.reason);
  watch.signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    clearTimeout(deadline);
    clearInterval(ticks);
    watch.signal.removeEventListener('abort', onAbort);
  };
}

function overtime(ms: number): SessionLost {
  return new SessionLost(`the turn took more than ${ms} ms`, { crashed: true });
}
