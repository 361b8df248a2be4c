/**
 * Searches run in threads of their own. Invariants:
 *
 *  T1  No pattern stops the worker: a search that takes longer than its time is ended with its thread.
 *  T2  A killed thread takes nothing with it: the next search gets another one.
 *  T3  An idle thread does not keep the process alive.
 */
import { Worker } from 'node:worker_threads';
import { TOOL_OUTPUT } from '../../protocol/limits.ts';
import { createLimiter } from '../../store/limiter.ts';
import type { SearchAnswer, SearchJob } from './search-job.ts';

const limit = createLimiter(TOOL_OUTPUT.searchThreads);
const idle: Worker[] = [];

/** Runs one search. What is wrong with the pattern is an answer; only an aborted signal and broken blobs throw. */
export function search(job: SearchJob, signal: AbortSignal): Promise<SearchAnswer> {
  return limit(async () => {
    signal.throwIfAborted();
    const thread = idle.pop() ?? startThread();
    const ended = await ask(thread, job, signal);
    if (ended.alive) {
      thread.unref();
      idle.push(thread);
    } else {
      await thread.terminate();
    }
    if ('error' in ended) throw ended.error;
    return ended.answer;
  });
}

type Ended = { alive: boolean; answer: SearchAnswer } | { alive: false; error: unknown };

function ask(thread: Worker, job: SearchJob, signal: AbortSignal): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const seconds = TOOL_OUTPUT.searchMs / 1000;
  const slow = `The search took longer than ${seconds} s. Use a simpler pattern (nested repetition is slow), or narrow it by path.`;
  const timer = setTimeout(() => resolve({ alive: false, answer: { problem: slow } }), TOOL_OUTPUT.searchMs);
  const onMessage = (answer: SearchAnswer) => resolve({ alive: true, answer });
  const onError = (error: Error) => {
    const tooBig = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    resolve(
      tooBig
        ? { alive: false, answer: { problem: 'The search needs too much memory. Narrow it by path.' } }
        : { alive: false, error },
    );
  };
  const onExit = () => resolve({ alive: false, answer: { problem: 'The search was ended. Narrow it by path.' } });
  const onAbort = () => resolve({ alive: false, error: signal.reason as unknown });
  thread.ref();
  thread.on('message', onMessage).on('error', onError).on('exit', onExit);
  signal.addEventListener('abort', onAbort);
  thread.postMessage(job);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    thread.off('message', onMessage).off('error', onError).off('exit', onExit);
  });
}

function startThread(): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const thread = new Worker(new URL(`./search-worker.${extension}`, import.meta.url), {
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: TOOL_OUTPUT.searchHeapMb },
  });
  // A thread that dies between two searches must not end the process, nor be asked again.
  thread.on('error', () => undefined);
  thread.on('exit', () => {
    const at = idle.indexOf(thread);
    if (at >= 0) idle.splice(at, 1);
  });
  return thread;
}
