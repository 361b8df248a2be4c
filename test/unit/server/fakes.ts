import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { ownIdentity } from '../../../server/process-identity.ts';
import { instanceFor, writeRecord, type ServerRecord } from '../../../server/registry.ts';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** Runs after the test, last first. */
export function afterTest(cleanUp: () => unknown): void {
  cleanUps.push(cleanUp);
}

export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'braid-server-'));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An executable shell script. */
export function script(folder: string, name: string, body: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

export const ANSWERS_VERSION = 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"';

/** Something that speaks gRPC and knows no method: enough for a client to call it connected. */
export async function fakeTemporal(): Promise<{ address: string; port: number }> {
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterTest(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { address: `127.0.0.1:${port}`, port };
}

/** Writes the record of a server that lives as long as this process, unless told otherwise. */
export function recordServer(home: string, port: number, change: Partial<ServerRecord> = {}): ServerRecord {
  const own = ownIdentity();
  const record: ServerRecord = {
    ...own,
    address: `127.0.0.1:${port}`,
    uiUrl: null,
    ports: { port, uiPort: port + 1000 },
    owner: 'foreground',
    ownedBy: own,
    startedAt: new Date().toISOString(),
    ...change,
  };
  writeRecord(instanceFor(home, undefined), record);
  return record;
}

export const ENDED = { pid: process.pid, startToken: 'of-an-earlier-process' };
