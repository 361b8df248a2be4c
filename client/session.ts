/** A connection to the server and the store of this home: what every command but `dev` and `worker` works with. */
import { Client } from '@temporalio/client';
import { workerFingerprint } from '../server/fingerprint.ts';
import { taskQueueOf } from '../protocol/names.ts';
import { configuredTarget, connectClient } from '../server/connection.ts';
import { resolveServer, type ResolvedServer } from '../server/resolve.ts';
import { openStore, type Store } from '../store/blobs.ts';
import { resolveHome } from '../store/home.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';
import { backgroundCommands } from './launch.ts';

export interface Session {
  client: Client;
  store: Store;
  taskQueue: string;
  server: ResolvedServer;
  /** The background worker that opening this session started, when it did: tells when it dies. */
  workerDied: Promise<string> | null;
  close(): Promise<void>;
}

export interface SessionOptions {
  env: NodeJS.ProcessEnv;
  /** What may be started in the background when nothing is reachable and no server is configured. */
  start: 'nothing' | 'server' | 'server and worker';
  /** One line for people whenever something takes long or is started. */
  progress: (line: string) => void;
}

/** Errors: BRAID_SERVER_UNREACHABLE, BRAID_SERVER_START, BRAID_STORE. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const home = resolveHome(options.env);
  const store = openStore(home);
  const taskQueue = taskQueueOf(store.id);
  const { server, workerDied } = await reach(options, home, taskQueue);
  const connection = await connectClient({ namespace: server.namespace, options: server.options }, 10_000);
  const client = new Client({
    connection,
    namespace: server.namespace,
    dataConverter: { payloadCodecs: [createPayloadCodec(store)] },
  });
  return { client, store, taskQueue, server, workerDied, close: () => connection.close() };
}

async function reach(options: SessionOptions, home: string, taskQueue: string) {
  const { env, progress, start } = options;
  if (start === 'nothing' || (await configuredTarget(env)) !== null) {
    return { server: await resolveServer({ env, home, start: false, progress }), workerDied: null };
  }
  const { ensureBackground } = await import('../server/background.ts');
  const { serverCommand, workerCommand } = backgroundCommands();
  const { server, started, worker, otherSettings } = await ensureBackground({
    env,
    home,
    serverCommand,
    workerCommand: start === 'server' ? null : workerCommand,
    fingerprint: workerFingerprint(env),
    taskQueue,
    progress,
  });
  if (started.length > 0) {
    const ui = server.uiUrl === null ? '' : `; UI: ${server.uiUrl}`;
    progress(`Started a ${started.join(' and a ')} in the background (end with: braid dev --stop${ui}).`);
  }
  if (otherSettings !== null) {
    progress(
      `The worker of another terminal (process ${otherSettings.pid}) was started with other provider settings than this shell's; the worker's count.`,
    );
  }
  return { server, workerDied: worker === null ? null : worker.died };
}
