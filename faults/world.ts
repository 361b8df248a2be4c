/**
 * Everything a run needs, apart from that of other worlds, so that all of it can be hit: a Temporal server with a database on disk, a
 * store, a provider, and places for two workers.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { startDevServer, type DevServer, type DevServerOptions } from '../server/dev-server.ts';
import { anyFree } from '../server/ports.ts';
import { openStore, type Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';
import { startFaultyProvider, type FaultyProvider } from './provider.ts';
import { prepareWorker, type SpareWorker, type WorkerProcess } from './worker.ts';
import { WORKSPACE_FILES } from './workloads/index.ts';

const SLOTS = 2;
const STARTS = 3;

export interface World {
  readonly folder: string;
  /** Files that agents read. */
  readonly workspace: string;
  readonly client: Client;
  readonly store: Store;
  readonly provider: FaultyProvider;
  /** Slots whose worker lives. */
  living(): number[];
  worker(slot: number): WorkerProcess;
  /** Starts a worker in a free slot; resolves when it polls. */
  startWorker(slot: number): Promise<void>;
  killWorker(slot: number): Promise<void>;
  /** SIGKILL, then a new one on the same database and port. */
  restartServer(pauseMs: number): Promise<void>;
  /** Ends all workers and starts one or two fresh ones: nothing of an earlier run is in any memory. */
  freshWorkers(count: 1 | 2): Promise<void>;
  /** Workers that ended although nobody ended them, since the last call. */
  deaths(): string[];
  close(options: { keep: boolean }): Promise<void>;
}

export interface WorldOptions {
  /** Of the Temporal server. */
  binary: string;
  bundleFile: string;
}

export async function openWorld({ binary, bundleFile }: WorldOptions): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'braid-faults-'));
  const workspace = writeWorkspace(path.join(folder, 'workspace'));
  const options = await serverOptions(binary, folder);
  let server: DevServer = await startDevServer(options);
  const { address } = server;
  const store = openStore(path.join(folder, 'store'));
  const provider = await startFaultyProvider(SLOTS);
  const connection = await Connection.connect({ address });
  // The SDK's runtime ends when nothing native is open, also while another world replays.
  const native = await NativeConnection.connect({ address });
  const workers = openWorkers({ address, store, provider, bundleFile, logFile: path.join(folder, 'workers.log') });
  return {
    folder,
    workspace,
    store,
    provider,
    client: new Client({ connection, dataConverter: { payloadCodecs: [createPayloadCodec(store)] } }),
    ...workers,
    restartServer: async (pauseMs) => {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      await sleep(pauseMs);
      server = await startDevServer(options);
    },
    close: async ({ keep }) => {
      await workers.endAll();
      await connection.close();
      await native.close();
      await provider.close();
      await server.stop();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As `braid dev` starts one, without UI. */
async function serverOptions(binary: string, folder: string): Promise<DevServerOptions> {
  return {
    binary,
    dbFile: path.join(folder, 'temporal.db'),
    logFile: path.join(folder, 'server.log'),
    port: await anyFree(),
    uiPort: null,
    namespace: 'default',
    synchronous: 'NORMAL',
    startMs: 120_000,
  };
}

interface WorkersOptions extends Pick<World, 'store' | 'provider'> {
  address: string;
  bundleFile: string;
  logFile: string;
}

type Workers = Pick<World, 'living' | 'worker' | 'startWorker' | 'killWorker' | 'freshWorkers' | 'deaths'> & {
  endAll(): Promise<void>;
};

function openWorkers({ address, store, provider, bundleFile, logFile }: WorkersOptions): Workers {
  const slots = Array.from({ length: SLOTS }, (): WorkerProcess | null => null);
  const prepare = (slot: number): SpareWorker => {
    const url = provider.urls[slot];
    const env = { TEMPORAL_ADDRESS: address, BRAID_HOME: store.home, BRAID_BUNDLE: bundleFile, OPENAI_BASE_URL: url };
    return prepareWorker(env, logFile);
  };
  const spares = slots.map((_, slot) => prepare(slot));
  const died: string[] = [];
  const living = (): number[] =>
    slots.flatMap((worker, slot) => (worker === null || worker.died !== null ? [] : [slot]));
  const bury = (slot: number): void => {
    const why = slots[slot]?.died;
    if (typeof why === 'string') died.push(`the worker in slot ${slot} ended by itself (${why})`);
    slots[slot] = null;
  };
  const startWorker = async (slot: number): Promise<void> => {
    bury(slot);
    for (let start = 1; ; start += 1) {
      const spare = spares[slot];
      spares[slot] = prepare(slot);
      try {
        slots[slot] = (await spare?.go()) ?? null;
        return;
      } catch (error) {
        // A spare that was made while the server was away.
        await spare?.end();
        if (start === STARTS) throw error;
      }
    }
  };
  const killWorker = async (slot: number): Promise<void> => {
    await slots[slot]?.kill();
    bury(slot);
  };
  const killAll = async (): Promise<void> => void (await Promise.all(slots.map((_, slot) => killWorker(slot))));
  return {
    living,
    startWorker,
    killWorker,
    worker: (slot) => {
      const worker = slots[slot];
      if (worker === null || worker === undefined) throw new Error(`there is no worker in slot ${slot}`);
      return worker;
    },
    freshWorkers: async (count) => {
      await killAll();
      died.length = 0;
      await Promise.all([0, 1].slice(0, count).map(startWorker));
    },
    deaths: () => {
      for (const [slot, worker] of slots.entries()) if (worker !== null && worker.died !== null) bury(slot);
      return died.splice(0);
    },
    endAll: async () => {
      await killAll();
      await Promise.all(spares.map((spare) => spare.end()));
    },
  };
}

function writeWorkspace(folder: string): string {
  for (const [file, text] of Object.entries(WORKSPACE_FILES)) {
    const at = path.join(folder, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
  }
  return folder;
}
