import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServerBinary } from '../../server/binary.ts';
import { startDevServer, type DevServer } from '../../server/dev-server.ts';
import { quietPorts } from './ports.ts';

export interface TestServerOptions {
  /** Where the database lives; without one, in a folder that goes away with the server. */
  dbFile?: string;
  port?: number;
}

/** A real, tuned server without UI on a free port. Its database is on disk and unsynced: as fast as memory, and as real as ours. */
export async function startTestServer(options: TestServerOptions = {}): Promise<DevServer> {
  const folder = mkdtempSync(join(tmpdir(), 'braid-temporal-'));
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  try {
    const server = await startDevServer({
      binary: await findServerBinary({ env: process.env, progress: (line) => process.stderr.write(`${line}\n`) }),
      dbFile: options.dbFile ?? join(folder, 'temporal.db'),
      logFile: join(folder, 'server.log'),
      port: options.port ?? (await quietPorts()).port,
      uiPort: null,
      namespace: 'default',
      synchronous: 'OFF',
    });
    return { ...server, stop: () => server.stop().finally(cleanUp) };
  } catch (error) {
    cleanUp();
    throw error;
  }
}
