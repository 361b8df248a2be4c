import { findServerBinary } from './binary.ts';
import { startDevServer, type DevServer } from './dev-server.ts';
import { choosePorts, LOOPBACK, type Ports } from './ports.ts';
import { identityOf, ownIdentity } from './process-identity.ts';
import { readRecord, writeRecord, type Instance, type Owner } from './registry.ts';

export interface StartOptions {
  env: NodeJS.ProcessEnv;
  namespace: string;
  progress: (line: string) => void;
  ports?: Partial<Ports> | undefined;
  owner?: Owner;
}

/** Starts the server of an instance and records it. The caller holds the server lock. */
export async function startRecorded(instance: Instance, options: StartOptions): Promise<DevServer> {
  const binary = await findServerBinary(options);
  const ports = await choosePorts({ asked: options.ports, last: readRecord(instance)?.ports });
  options.progress(`Starting a Temporal server on ${LOOPBACK}:${ports.port}…`);
  const server = await startDevServer({
    ...ports,
    binary,
    logFile: instance.log,
    dbFile: instance.database,
    namespace: options.namespace,
    synchronous: 'NORMAL',
  });
  writeRecord(instance, {
    ...(identityOf(server.pid) ?? { pid: server.pid, startToken: 'ended' }),
    address: server.address,
    uiUrl: server.uiUrl,
    ports,
    owner: options.owner ?? 'foreground',
    ownedBy: ownIdentity(),
    startedAt: new Date().toISOString(),
  });
  return server;
}
