/**
 * Judges values against schemas that a hostile script may have written.
 *
 *  J1  A schema that can compute without bound (regexes, references) is judged in a thread, for `judgeMs` at most.
 *  J2  A judgement that does not end kills the thread; the others that waited in it start again in a new one.
 *  J3  A schema that cannot be judged is the script's error (BRAID_SCHEMA_INVALID), never an accepted value.
 */
import { Worker } from 'node:worker_threads';
import { BraidError } from '../../protocol/errors.ts';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { MODEL_CALL } from '../../protocol/limits.ts';
import { judgeValue } from '../../sandbox/judge-value.ts';

/** What is wrong with the value, or null. */
export type Judge = (schema: JsonObject, value: Json) => Promise<string | null>;

export const judge: Judge = async (schema, value) => {
  if (isUnbounded(schema)) return judgeInThread(schema, value);
  try {
    return judgeValue(schema, value);
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  }
};

const UNBOUNDED = new Set(['pattern', 'patternProperties', 'format', '$ref', '$dynamicRef', '$recursiveRef']);

function isUnbounded(schema: Json): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  if (Array.isArray(schema)) return schema.some(isUnbounded);
  return Object.entries(schema).some(([key, inner]) => UNBOUNDED.has(key) || isUnbounded(inner));
}

interface Waiting {
  schema: JsonObject;
  value: Json;
  resolve(problem: string | null): void;
  reject(error: Error): void;
}

let thread: { worker: Worker; ready: boolean } | undefined;
let lastId = 0;
const queue = new Map<number, Waiting>();
let running: { id: number; timer: NodeJS.Timeout } | undefined;

function judgeInThread(schema: JsonObject, value: Json): Promise<string | null> {
  return new Promise((resolve, reject) => {
    lastId += 1;
    queue.set(lastId, { schema, value, resolve, reject });
    next();
  });
}

function next(): void {
  const entry = queue.entries().next();
  if (running !== undefined || entry.done === true) return;
  thread ??= startThread();
  // The clock starts when the thread is up: its start takes long on a busy machine, and that is not the schema's fault.
  if (!thread.ready) return;
  const [id, { schema, value }] = entry.value;
  running = { id, timer: setTimeout(() => giveUp(id), MODEL_CALL.judgeMs) };
  thread.worker.postMessage({ id, schema, value });
}

type ThreadMessage = { ready: true } | { id: number; problem: string | null } | { id: number; failure: string };

function startThread(): { worker: Worker; ready: boolean } {
  // The same file serves from source and from a build.
  const file = import.meta.url.endsWith('.ts') ? './judge-thread.ts' : './judge-thread.js';
  const worker = new Worker(new URL(file, import.meta.url));
  const started = { worker, ready: false };
  worker.unref();
  worker.on('message', (message: ThreadMessage) => {
    if ('ready' in message) {
      started.ready = true;
      next();
    } else if ('failure' in message) settle(message.id, (waiting) => waiting.reject(unusable(message.failure)));
    else settle(message.id, (waiting) => waiting.resolve(message.problem));
  });
  worker.on('error', (error: Error) => {
    if (thread === started) thread = undefined;
    const id = running?.id ?? queue.keys().next().value;
    const reason = started.ready
      ? unusable(error.message)
      : new BraidError('BRAID_INTERNAL', `The thread that checks answers did not start: ${error.message}`);
    if (id !== undefined) settle(id, (waiting) => waiting.reject(reason));
  });
  return started;
}

function giveUp(id: number): void {
  const stuck = thread;
  thread = undefined;
  void stuck?.worker.terminate();
  settle(id, (waiting) =>
    waiting.reject(unusable(`checking an answer against it took more than ${MODEL_CALL.judgeMs} ms`)),
  );
}

function settle(id: number, how: (waiting: Waiting) => void): void {
  const waiting = queue.get(id);
  if (waiting === undefined) return;
  queue.delete(id);
  if (running?.id === id) {
    clearTimeout(running.timer);
    running = undefined;
  }
  how(waiting);
  next();
}

function unusable(why: string): BraidError {
  return new BraidError('BRAID_SCHEMA_INVALID', `The schema cannot be used: ${why}.`, {
    fix: 'Simplify its patterns and references.',
  });
}
