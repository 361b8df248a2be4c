/** A tuned server's client and the worker of one side. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { BraidActivities, BraidLocalActivities } from '../protocol/activities.ts';
import { LIMITS } from '../protocol/limits.ts';
import { taskQueueOf } from '../protocol/names.ts';
import { openStore, type Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';
import type { BraidWorker } from '../worker/braid-worker.ts';
import { createWorker } from '../worker/worker.ts';

/** `stub` answers by itself, so that nothing hides what a workflow costs; `model` is Braid's real activity over `offline/echo`. */
export type ActivityKind = 'stub' | 'model';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

export interface WorldOptions {
  address: string;
  workflowBundle: WorkflowBundleWithSourceMap;
  activity: ActivityKind;
  latencyMs: number;
}

export interface World {
  readonly workflowBundle: WorkflowBundleWithSourceMap;
  readonly client: Client;
  readonly store: Store;
  start(workflow: string, ...args: unknown[]): Promise<WorkflowHandle>;
  close(): Promise<void>;
}

/** Each side on a worker of its own: a bare user's has the SDK's defaults, Braid's is as `braid worker` makes it. */
export interface Sides {
  bare: World;
  script: World;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const home = mkdtempSync(join(tmpdir(), 'braid-bench-'));
  const store = openStore(home);
  const connection = await NativeConnection.connect({ address: options.address });
  const worker =
    options.activity === 'stub'
      ? await stubWorker(options, connection, store)
      : await realWorker(options, connection, store);
  const running = worker.run();
  const client = new Client({
    connection: await Connection.connect({ address: options.address }),
    dataConverter: { payloadCodecs: [createPayloadCodec(store)] },
  });
  return {
    workflowBundle: options.workflowBundle,
    client,
    store,
    start: (workflow, ...args) =>
      client.workflow.start(workflow, {
        taskQueue: taskQueueOf(store.id),
        workflowId: `bench-${randomUUID()}`,
        workflowTaskTimeout: LIMITS.workflowTaskMs,
        args,
      }),
    close: async () => {
      worker.shutdown();
      await running;
      await client.connection.close();
      await connection.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function realWorker(
  { workflowBundle, latencyMs }: WorldOptions,
  connection: NativeConnection,
  store: Store,
): Promise<BraidWorker> {
  const env = { BRAID_OFFLINE_LATENCY_MS: String(latencyMs) };
  return createWorker({ connection, namespace: 'default', store, env, workflowBundle });
}

/** Braid's worker (worker/worker.ts) with other activities. */
function stubWorker(
  { workflowBundle, latencyMs }: WorldOptions,
  connection: NativeConnection,
  store: Store,
): Promise<Worker> {
  return Worker.create({
    connection,
    namespace: 'default',
    taskQueue: taskQueueOf(store.id),
    workflowBundle,
    activities: stubActivities(latencyMs),
    dataConverter: { payloadCodecs: [createPayloadCodec(store)] },
    debugMode: false,
    stickyQueueScheduleToStartTimeout: LIMITS.stickyMs,
    maxConcurrentActivityTaskExecutions: LIMITS.maxConcurrency,
    maxEagerActivityReservationsPerWorkflowTask: LIMITS.maxConcurrency,
    workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 1, initial: 5, maximum: 20 },
    activityTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 10, maximum: 50 },
  });
}

/** Answers with the prompt, after as long as a model might think. */
function stubActivities(latencyMs: number): Pick<BraidActivities, 'model'> & BraidLocalActivities {
  return {
    model: async (_tag, { messages }) => {
      await sleep(latencyMs);
      const asked = messages.at(-1);
      return {
        kind: 'message',
        text: asked?.role === 'user' && typeof asked.text === 'string' ? asked.text : '',
        toolCalls: [],
        submit: null,
        finish: 'stop',
        usage: { inputTokens: 100, outputTokens: 10, usd: 0 },
        requestId: null,
        ms: latencyMs,
        requests: 1,
        notes: [],
      };
    },
    note: (tag) => Promise.resolve(tag.notes ?? []),
  };
}
