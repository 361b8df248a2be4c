/**
 * Workers as processes of their own, on the sources, so that they can be killed: a store, a provider and a client as the
 * harness has them, and no worker but those that a test starts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { LIMITS } from '../../protocol/limits.ts';
import { taskQueueOf, WORKFLOWS } from '../../protocol/names.ts';
import { openStore, type Store } from '../../store/blobs.ts';
import { createPayloadCodec } from '../../store/payload-codec.ts';
import { replayRun } from '../../testing/replay.ts';
import { startProvider, type ProviderScript, type TestProvider } from '../../testing/provider/index.ts';
import { rlmInput, sharedBundle, type RlmRunOptions } from './harness.ts';

const MAIN = fileURLToPath(new URL('./worker-main.ts', import.meta.url));
/** Half of a worker's start is reading TypeScript. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/braid-test-workers', import.meta.url));

export interface WorkerProcess {
  readonly pid: number;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface KillWorld {
  readonly client: Client;
  readonly store: Store;
  readonly provider: TestProvider;
  /** A worker that polls. Another one is made ready meanwhile, so that the next comes fast. */
  startWorker(): Promise<WorkerProcess>;
  startRlm(question: string, options: RlmRunOptions & { provider: ProviderScript }): Promise<WorkflowHandle>;
}

/** A world for the tests of a file: what a test started is ended and replayed after it, the rest is ended after all. */
export function useKillWorld(): KillWorld {
  let world: OpenKillWorld;
  beforeAll(async () => {
    world = await openKillWorld();
  });
  afterEach(() => world.settle());
  afterAll(() => world.close());
  return {
    get client() {
      return world.client;
    },
    get store() {
      return world.store;
    },
    get provider() {
      return world.provider;
    },
    startWorker: () => world.startWorker(),
    startRlm: (question, options) => world.startRlm(question, options),
  };
}

export interface OpenKillWorld extends KillWorld {
  /** Kills the workers and replays the runs that were started. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export async function openKillWorld(): Promise<OpenKillWorld> {
  const address = inject('temporalAddress');
  const store = openStore(mkdtempSync(path.join(tmpdir(), 'braid-kill-')));
  const bundle = sharedBundle();
  const provider = await startProvider(() => 'ok');
  const connection = await Connection.connect({ address });
  // Worlds replay beside each other: the SDK's runtime ends when nothing native is open, also while another replay begins.
  const native = await NativeConnection.connect({ address });
  const client = new Client({ connection, dataConverter: { payloadCodecs: [createPayloadCodec(store)] } });
  const env = {
    TEMPORAL_ADDRESS: address,
    BRAID_HOME: store.home,
    BRAID_BUNDLE: bundle.codePath,
    OPENAI_BASE_URL: provider.url,
  };
  const working = new Set<ChildProcess>();
  const started: string[] = [];
  let spare = spawnWorker(env);
  const settle = async (): Promise<void> => {
    await Promise.all([...working].map(killed));
    working.clear();
    for (const id of started.splice(0)) await replayRun(client, store, bundle, id);
  };
  return {
    client,
    store,
    provider,
    settle,
    async startWorker() {
      const child = spare;
      working.add(child);
      const ready = said(child, 'ready');
      child.stdin?.write('go\n');
      await ready;
      spare = spawnWorker(env);
      return { pid: child.pid ?? -1, kill: () => killed(child) };
    },
    async startRlm(question, options) {
      provider.setScript(options.provider);
      const workflowId = `k-${randomUUID().slice(0, 8)}`;
      const handle = await client.workflow.start(WORKFLOWS.rlm, {
        taskQueue: taskQueueOf(store.id),
        workflowId,
        workflowTaskTimeout: LIMITS.workflowTaskMs,
        args: [await rlmInput(store, question, options)],
      });
      started.push(workflowId);
      return handle;
    },
    async close() {
      await settle();
      await killed(spare);
      await connection.close();
      await native.close();
      await provider.close();
    },
  };
}

function spawnWorker(env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], OPENAI_API_KEY: 'k', NODE_COMPILE_CACHE: COMPILED, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

function said(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes(word)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}

function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
