import { connect as connectTcp, isIPv6 } from 'node:net';
import type { Connection } from '@temporalio/client';
import type { NativeConnection, NativeConnectionOptions } from '@temporalio/worker';
import { BraidError } from '../protocol/errors.ts';
import { SERVER } from '../protocol/limits.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What a client's `Connection` and a worker's `NativeConnection` both take. */
export interface ConnectOptions {
  address: string;
  tls?: NonNullable<NativeConnectionOptions['tls']>;
  apiKey?: string;
  metadata?: Record<string, string>;
}

/** A server and the namespace to use on it. */
export interface Target {
  namespace: string;
  options: ConnectOptions;
}

export type Answer = { ok: true } | { ok: false; reason: string };

/**
 * The server that Temporal's own variables (TEMPORAL_ADDRESS, TEMPORAL_API_KEY, TEMPORAL_TLS…) or the chosen profile of its
 * configuration file name; null when they name none. BRAID_CONFIG when they cannot be read.
 */
export async function configuredTarget(env: Env): Promise<Target | null> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: definedOnly(env) });
    const { address, tls, apiKey, metadata } = connectionOptions;
    if (!address) return null;
    const options: ConnectOptions = { address };
    if (tls !== undefined && tls !== null) options.tls = tls;
    if (typeof apiKey === 'string') options.apiKey = apiKey;
    if (metadata !== undefined) options.metadata = textOnly(metadata);
    return { namespace: namespace ?? 'default', options };
  } catch (error) {
    throw new BraidError('BRAID_CONFIG', `Temporal's connection settings cannot be used: ${messageOf(error)}`, {
      fix: 'Correct the TEMPORAL_… variables, or the file that TEMPORAL_CONFIG_FILE names.',
      cause: error,
    });
  }
}

/** A server of this machine that Braid started: no TLS and no key, whatever the environment says about other servers. */
export function localTarget(address: string, env: Env): Target {
  return { namespace: ownNamespace(env), options: { address } };
}

/** Namespace to use on servers that Braid started. */
export function ownNamespace(env: Env): string {
  return env['TEMPORAL_NAMESPACE'] || 'default';
}

/** Connects as a client. Rejects when the server has not answered within `timeoutMs`. */
export async function connectClient(target: Target, timeoutMs: number = SERVER.probeMs): Promise<Connection> {
  const { Connection } = await import('@temporalio/client');
  return Connection.connect({ ...target.options, connectTimeout: timeoutMs });
}

/**
 * Connects as a worker does. Loads the native SDK (150 ms). What goes to a server of the same machine is not compressed: there is
 * nothing to save, and both sides pay for it (measured: an activity after the other, 20.5 ms instead of 24).
 */
export async function connectWorker(target: Target): Promise<NativeConnection> {
  const { NativeConnection } = await import('@temporalio/worker');
  const grpcCompression = { codec: isLocal(target.options.address) ? 'none' : 'gzip' } as const;
  return NativeConnection.connect({ ...target.options, grpcCompression });
}

/** Whether a Temporal server answers there, and if not why, within {@link SERVER.probeMs}. Never rejects. */
export async function probe(target: Target, timeoutMs: number = SERVER.probeMs): Promise<Answer> {
  const refused = await refusedLocally(target.options.address, timeoutMs);
  if (refused !== null) return { ok: false, reason: refused };
  try {
    const connection = await connectClient(target, timeoutMs);
    await connection.close();
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}

/**
 * gRPC goes on trying a refused port until its deadline, so ask TCP first. Only on this machine: to the outside the way may
 * lead through a proxy that gRPC knows and we do not.
 */
async function refusedLocally(address: string, timeoutMs: number): Promise<string | null> {
  if (!isLocal(address)) return null;
  const { host, port } = splitAddress(address);
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, timeout: timeoutMs });
    const end = (reason: string | null) => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => end(null));
    socket.once('timeout', () => end(`no answer in ${timeoutMs} ms`));
    socket.once('error', (error) =>
      end('code' in error && error.code === 'ECONNREFUSED' ? 'connection refused' : messageOf(error)),
    );
  });
}

function isLocal(address: string): boolean {
  const { host } = splitAddress(address);
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function splitAddress(address: string): { host: string; port: number } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(address);
  if (bracketed) return { host: bracketed[1] ?? '', port: Number(bracketed[2] ?? SERVER.port) };
  if (isIPv6(address)) return { host: address, port: SERVER.port };
  const [host = '', port] = address.split(':');
  return { host, port: Number(port ?? SERVER.port) };
}

function definedOnly(env: Env): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function textOnly(metadata: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]));
}

/** With the cause, which for gRPC holds what the server said. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
