/**
 * Which Temporal server to use (design §10).
 *
 * Invariants
 * R1 A configured address is used or is an error; nothing is started beside it.
 * R2 One home has at most one server on one database: starting is done under a lock, and the record is read again inside it.
 * R3 What is returned has answered.
 *
 * What only a start needs is loaded only then: every command comes through here, few start a server.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BraidError } from '../protocol/errors.ts';
import { SERVER } from '../protocol/limits.ts';
import {
  configuredTarget,
  connectClient,
  localTarget,
  ownNamespace,
  probe,
  type ConnectOptions,
  type Target,
} from './connection.ts';
import type { DevServer } from './dev-server.ts';
import { withLock } from './lock.ts';
import { homePaths } from './paths.ts';
import type { Ports } from './ports.ts';
import { isAlive } from './process-identity.ts';
import { instanceFor, liveRecord, type Instance, type Owner, type ServerRecord } from './registry.ts';

export interface ResolveOptions {
  env: NodeJS.ProcessEnv;
  /** BRAID_HOME. */
  home: string;
  /** Whether a server may be started, as a child of this process. */
  start: boolean;
  /** Gets one line for people whenever something takes long or is started. */
  progress: (line: string) => void;
  /** `--port` and `--ui-port`. */
  ports?: Partial<Ports> | undefined;
  /** Written into the record; default foreground. */
  owner?: Owner;
}

export interface ResolvedServer {
  address: string;
  namespace: string;
  /** null when nobody told us where the UI of a configured server is. */
  uiUrl: string | null;
  source: 'env' | 'recorded' | 'started';
  /** For `connectClient` and `connectWorker`, together with the namespace. */
  options: ConnectOptions;
  /** The server, when this call started it: the caller owns it and stops it. */
  server?: DevServer;
}

/** Finds or starts a server. BRAID_SERVER_UNREACHABLE when there is none and none may be started, BRAID_SERVER_START when that fails. */
export async function resolveServer(options: ResolveOptions): Promise<ResolvedServer> {
  const configured = await configuredTarget(options.env);
  if (configured !== null) return useConfigured(configured);
  const running = await attach(instanceFor(options.home, options.ports?.port), options);
  if (running !== null) return running;
  if (!options.start) throw nothingRuns(options.home);
  const onWait = (holder: number) =>
    options.progress(`Waiting for process ${holder}, which is starting a Temporal server…`);
  return withLock(homePaths(options.home).serverLock, () => attachOrStart(options), { onWait });
}

/** The running server of this home, without starting one; null when there is none. Used by waiting and by `doctor`. */
export async function recordedServer(home: string, env: NodeJS.ProcessEnv): Promise<ResolvedServer | null> {
  return attach(instanceFor(home, undefined), { env });
}

async function useConfigured(target: Target): Promise<ResolvedServer> {
  const { address } = target.options;
  const answer = await probe(target);
  if (answer.ok) return { address, namespace: target.namespace, uiUrl: null, source: 'env', options: target.options };
  throw new BraidError(
    'BRAID_SERVER_UNREACHABLE',
    `The Temporal server at ${address} does not answer: ${answer.reason}.`,
    {
      fix: 'Start it, correct TEMPORAL_ADDRESS (or the profile of temporal.toml), or unset it to let Braid start a server.',
    },
  );
}

async function attachOrStart(options: ResolveOptions): Promise<ResolvedServer> {
  const instance = instanceFor(options.home, options.ports?.port);
  const there = await attach(instance, options);
  if (there !== null) return there;
  const { startRecorded } = await import('./start.ts');
  const server = await startRecorded(instance, { ...options, namespace: ownNamespace(options.env) });
  const { address, uiUrl } = server;
  return { ...localTarget(address, options.env), address, uiUrl, source: 'started', server };
}

/**
 * R2: a live process that does not answer still holds the database, so it is no reason to start another. Mostly it is ending: then
 * we wait for that. One whose owner died answers a little longer, but will be ended by its watch; only if that died too, we take it.
 */
async function attach(instance: Instance, { env }: Pick<ResolveOptions, 'env'>): Promise<ResolvedServer | null> {
  const deadline = Date.now() + SERVER.stopMs + SERVER.probeMs;
  for (;;) {
    const record = liveRecord(instance);
    if (record === null) return null;
    const target = localTarget(record.address, env);
    const answer = await probe(target);
    const late = Date.now() > deadline;
    if (answer.ok && (late || isAlive(record.ownedBy))) return attached(record, target);
    if (late) throw hangs(record);
    await sleep(100);
  }
}

function hangs(record: ServerRecord): BraidError {
  return new BraidError(
    'BRAID_SERVER_UNREACHABLE',
    `The Temporal server at ${record.address} (process ${record.pid}) runs but does not answer.`,
    {
      fix: `Wait if the machine is busy, or end it and try again: kill -9 ${record.pid}`,
    },
  );
}

async function attached(record: ServerRecord, target: Target): Promise<ResolvedServer> {
  if (target.namespace !== 'default') await ensureNamespace(target);
  return {
    address: record.address,
    namespace: target.namespace,
    uiUrl: record.uiUrl,
    source: 'recorded',
    options: target.options,
  };
}

/** The server may have been started without the TEMPORAL_NAMESPACE that is set now. */
async function ensureNamespace(target: Target): Promise<void> {
  const { prepareNamespace } = await import('./namespace.ts');
  const connection = await connectClient(target);
  try {
    await prepareNamespace(connection, target.namespace);
  } finally {
    await connection.close();
  }
}

function nothingRuns(home: string): BraidError {
  return new BraidError(
    'BRAID_SERVER_UNREACHABLE',
    `No Temporal server of ${home} is running, and TEMPORAL_ADDRESS is not set.`,
    {
      fix: 'Start one: braid dev. Or set TEMPORAL_ADDRESS to the address of yours.',
    },
  );
}
