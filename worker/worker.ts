/** A process's worker: workflows, activities, store and codec on one task queue. */
import { Worker, type NativeConnection, type WorkflowBundleOption } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { LIMITS } from '../protocol/limits.ts';
import { taskQueueOf } from '../protocol/names.ts';
import type { Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';
import { builtBundle, bundleWorkflows } from './bundle.ts';

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
export async function createWorker(settings: WorkerSettings): Promise<Worker> {
  const { connection, namespace, store, env } = settings;
  return Worker.create({
    connection,
    namespace,
    taskQueue: settings.taskQueue ?? taskQueueOf(store.id),
    workflowBundle: settings.workflowBundle ?? builtBundle() ?? (await bundleWorkflows()),
    activities: createActivities({ store, env }),
    dataConverter: { payloadCodecs: [createPayloadCodec(store)] },
    // The guest's stack size needs worker threads, which debug mode takes away (facts §3).
    debugMode: false,
    stickyQueueScheduleToStartTimeout: LIMITS.stickyMs,
    shutdownGraceTime: '5s',
    maxConcurrentActivityTaskExecutions: LIMITS.maxConcurrency,
    // SDK 1.24 ignores maxConcurrent*TaskPolls (facts §1).
    workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 1, initial: 5, maximum: 20 },
    activityTaskPollerBehavior: { type: 'autoscaling', minimum: 2, initial: 10, maximum: 50 },
    // Live views show tokens: pass heartbeats on faster than the SDK's 30 s.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
  });
}
