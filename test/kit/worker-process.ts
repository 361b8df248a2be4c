/**
 * Workers as processes of their own, on the sources, so that they can be killed: a store, a provider and a client as the
 * harness has them, and no worker but those that a test starts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { LIMITS } from '../../protocol/limits.ts';
import { taskQueueOf, WORKFLOWS } from '../../protocol/names.ts';
import { openStore, type Store } from '../../store/blobs.ts';
import { createPayloadCodec } from '../../store/payload-codec.ts';
import { replayRun } from '../../testing/replay.ts';
import { startProvider, type ProviderScript, type TestProvider } from '../../testing/provider/index.ts';
import { rlmInput, sharedBundle, type RlmRunOptions } from './harness.ts';

const MAIN = fileURLToPath(new URL('./worker-main.ts', import.meta.url));

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

/** Everything is ended after the file; what a test started is replayed after it. */
export function useKillWorld(): KillWorld {
  let world: { client: Client; connection: Connection; store: Store; provider: TestProvider; bundleFile: string };
  let spare: ChildProcess | null = null;
  const children = new Set<ChildProcess>();
  const started: string[] = [];
  beforeAll(async () => {
    const store = openStore(mkdtempSync(path.join(tmpdir(), 'braid-kill-')));
    const bundleFile = path.join(store.home, 'bundle.js');
    writeFileSync(bundleFile, (await sharedBundle()).code);
    const provider = await startProvider(() => 'ok');
    const connection = await Connection.connect({ address: inject('temporalAddress') });
    const client = new Client({ connection, dataConverter: { payloadCodecs: [createPayloadCodec(store)] } });
    world = { client, connection, store, provider, bundleFile };
    spare = spawnWorker();
  });
  afterEach(async () => {
    await Promise.all([...children].filter((child) => child !== spare).map(killed));
    for (const id of started.splice(0)) await replayRun(world.client, world.store, await sharedBundle(), id);
  });
  afterAll(async () => {
    await Promise.all([...children].map(killed));
    await world.connection.close();
    await world.provider.close();
  });

  function spawnWorker(): ChildProcess {
    const child = spawn(process.execPath, [MAIN], {
      env: {
        PATH: process.env['PATH'],
        TEMPORAL_ADDRESS: inject('temporalAddress'),
        BRAID_HOME: world.store.home,
        BRAID_BUNDLE: world.bundleFile,
        OPENAI_BASE_URL: world.provider.url,
        OPENAI_API_KEY: 'k',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  }
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
    async startWorker() {
      const child = spare ?? spawnWorker();
      const ready = said(child, 'ready');
      child.stdin?.write('go\n');
      await ready;
      spare = spawnWorker();
      return { pid: child.pid ?? -1, kill: () => killed(child) };
    },
    async startRlm(question, options) {
      world.provider.setScript(options.provider);
      const workflowId = `k-${randomUUID().slice(0, 8)}`;
      const handle = await world.client.workflow.start(WORKFLOWS.rlm, {
        taskQueue: taskQueueOf(world.store.id),
        workflowId,
        workflowTaskTimeout: LIMITS.workflowTaskMs,
        args: [await rlmInput(world.store, question, options)],
      });
      started.push(workflowId);
      return handle;
    },
  };
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
