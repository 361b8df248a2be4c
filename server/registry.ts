import { join } from 'node:path';
import { isJsonObject } from '../protocol/json.ts';
import { readJsonFile, writeJsonFile } from './files.ts';
import type { Ports } from './ports.ts';
import { isAlive, parseIdentity, type ProcessIdentity } from './process-identity.ts';

/** Who ends the server: a `braid dev` in a terminal, or `braid dev --stop`. */
export type Owner = 'foreground' | 'background';

/** `server.json`. It outlives its server, for the ports: the next one should be found where workers look for the last. */
export interface ServerRecord extends ProcessIdentity {
  address: string;
  uiUrl: string | null;
  ports: Ports;
  owner: Owner;
  /** The process that ends the server when it ends. */
  ownedBy: ProcessIdentity;
  startedAt: string;
}

/** The files of one server of a BRAID_HOME. */
export interface Instance {
  record: string;
  database: string;
  log: string;
}

/**
 * Which server a start means. Without a port, or while no other runs, that is the home's own. A port other than that of a running
 * server means a separate instance with a database of its own, because two servers must never share one; it keeps its port's name.
 */
export function instanceFor(home: string, port: number | undefined): Instance {
  const main = instanceFiles(home, '');
  if (port === undefined) return main;
  const separate = instanceFiles(home, `-${port}`);
  if (readRecord(separate) !== null) return separate;
  const running = liveRecord(main);
  return running === null || running.ports.port === port ? main : separate;
}

function instanceFiles(home: string, suffix: string): Instance {
  const record = join(home, `server${suffix}.json`);
  return {
    record,
    database: join(home, 'server', `temporal${suffix}.db`),
    log: join(home, 'logs', `server${suffix}.log`),
  };
}

export function writeRecord(instance: Instance, record: ServerRecord): void {
  writeJsonFile(instance.record, record);
}

/** The last server of this instance, alive or not; null when there was none or the file is damaged. */
export function readRecord(instance: Instance): ServerRecord | null {
  return parseRecord(readJsonFile(instance.record));
}

/** The record when its process lives: a pid that meanwhile belongs to another program does not count. */
export function liveRecord(instance: Instance): ServerRecord | null {
  const record = readRecord(instance);
  return record !== null && isAlive(record) ? record : null;
}

function parseRecord(value: unknown): ServerRecord | null {
  if (!isJsonObject(value) || !isJsonObject(value['ports'])) return null;
  const { address, uiUrl, owner, startedAt } = value;
  const { port, uiPort } = value['ports'];
  const [server, ownedBy] = [parseIdentity(value), parseIdentity(value['ownedBy'])];
  if (server === null || ownedBy === null || typeof address !== 'string' || typeof startedAt !== 'string') return null;
  if (typeof port !== 'number' || typeof uiPort !== 'number') return null;
  if (owner !== 'foreground' && owner !== 'background') return null;
  return {
    ...server,
    address,
    uiUrl: typeof uiUrl === 'string' ? uiUrl : null,
    ports: { port, uiPort },
    owner,
    ownedBy,
    startedAt,
  };
}
