import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import type { Client } from '@temporalio/client';

/** What numbers depend on besides the code. */
export interface MachineFacts {
  date: string;
  processor: string;
  cores: number;
  memoryGib: number;
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
    node: process.versions.node,
    sdk: version,
    server: serverVersion,
  };
}
