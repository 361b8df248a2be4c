import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Client } from '@temporalio/client';

/** What numbers depend on besides the code. */
export interface MachineFacts {
  date: string;
  processor: string;
  cores: number;
  memoryGib: number;
  /** Processes that wanted a core in the five minutes before: much above 0, the numbers are not of this program alone. */
  load: number;
  node: string;
  sdk: string;
  server: string;
}

export async function machineFacts(client: Client): Promise<MachineFacts> {
  const { serverVersion } = await client.workflowService.getSystemInfo({});
  const file = createRequire(import.meta.url).resolve('@temporalio/worker/package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model.trim() ?? process.arch,
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[1] ?? 0,
    node: process.versions.node,
    sdk: version,
    server: serverVersion,
  };
}
