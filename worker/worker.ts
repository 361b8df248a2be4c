/** A process's worker: workflows, activities, store and codec on the store's task queue, REPL turns on one of its own. */
import { randomBytes } from 'node:crypto';
import { Worker, type NativeConnection, type WorkerOptions, type WorkflowBundleOption } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { Sessions } from '../activities/repl/sessions.ts';
import { LIMITS } from '../protocol/limits.ts';
import { replQueueOf, taskQueueOf } from '../protocol/names.ts';
import type { Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';
import { joinWorkers, type BraidWorker } from './braid-worker.ts';
import { builtBundle, bundleWorkflows } from './bundle.ts';
import { dispatchOptions } from './dispatch.ts';

export interface WorkerSettings {
  connection: NativeConnection;
  namespace: string;
  store: Store;
  /** Provider settings and keys. */
  env: NodeJS.ProcessEnv;
  /** Default: the queue of the store. */
  taskQueue?: string;
  /** Default: the built bundle, else one made now. */
  workflowBundle?: WorkflowBundleOption;
}

/** Creates a worker; `run()` it. Shut down with `shutdown()`: running activities get a short grace, then are cancelled. */
export async function createWorker(settings: WorkerSettings): Promise<BraidWorker> {
  const { connection, namespace, store, env } = settings;
  const taskQueue = settings.taskQueue ?? taskQueueOf(store.id);
  const queue = replQueueOf(taskQueue, `${process.pid}-${randomBytes(4).toString('hex')}`);
  const workflowBundle = settings.workflowBundle ?? builtBundle() ?? (await bundleWorkflows());
  const sessions = new Sessions({ store });
  const dispatch = dispatchOptions(env);
  const near = dispatch.maxTaskQueueActivitiesPerSecond === undefined;
  const activities = createActivities({ store, env, sessions, queue, near });
  const shared: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    namespace,
    dataConverter: { payloadCodecs: [createPayloadCodec(store)] },
    shutdownGraceTime: '5s',
    // Live views show tokens: pass heartbeats on faster than the SDK's 30 s.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
  };
  const main = await Worker.create({
    ...shared,
    taskQueue,
    workflowBundle,
    activities,
    // The guest's stack size needs worker threads, which debug mode takes away (facts §3).
    debugMode: false,
    stickyQueueScheduleToStartTimeout: LIMITS.stickyMs,
    maxConcurrentActivityTaskExecutions: LIMITS.maxConcurrency,
    ...dispatch,
    // SDK 1.24 ignores maxConcurrent*TaskPolls (facts §1).
    workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 1, initial: 5, maximum: 20 },
    activityTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 10, maximum: 50 },
  });
  const own = await Worker.create({
    ...shared,
    taskQueue: queue,
    activities: { replStep: activities.replStep },
    maxConcurrentActivityTaskExecutions: LIMITS.maxConcurrency,
    activityTaskPollerBehavior: { type: 'autoscaling', minimum: 1, initial: 1, maximum: 10 },
  });
  sessions.warm();
  return joinWorkers(main, own, sessions);
}
