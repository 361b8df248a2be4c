/**
 * Memory of workflows that wait in a worker's cache, in a process of its own so that nothing else moves its size:
 * `node bench/memory.ts ADDRESS script|empty COUNT` prints {@link MemoryReport} as JSON.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { WORKFLOWS } from '../protocol/names.ts';
import { bundleWorkflows } from '../worker/bundle.ts';
import { bundleBare } from './bare-bundle.ts';
import { scriptInput } from './script-input.ts';
import { installRuntime } from '../worker/runtime.ts';
import { openWorld, type World } from './world.ts';

export type Side = 'script' | 'empty';

export interface MemoryReport {
  /** Resident size of the process with a worker that has run a few workflows, in bytes. */
  idleBytes: number;
  /** What each further waiting workflow added, in bytes. */
  perWorkflowBytes: number;
}

const WARM = 20;
const PARKED = 'await sleep(86400000)';

/** Measures in a child process. */
export async function measureMemory(address: string, side: Side, count: number): Promise<MemoryReport> {
  const args = [fileURLToPath(import.meta.url), address, side, String(count)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 300_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as MemoryReport;
}

async function main(address: string, side: Side, count: number): Promise<void> {
  installRuntime();
  const workflowBundle = side === 'script' ? await bundleWorkflows() : await bundleBare();
  const world = await openWorld({ address, workflowBundle, activity: 'stub', latencyMs: 0 });
  const warm = await park(world, side, WARM);
  const idleBytes = process.memoryUsage.rss();
  const more = await park(world, side, count);
  const perWorkflowBytes = (process.memoryUsage.rss() - idleBytes) / count;
  // The SDK's core logs to the same stream: the report is the last line.
  process.stdout.write(`\n${JSON.stringify({ idleBytes, perWorkflowBytes } satisfies MemoryReport)}\n`);
  await Promise.all([...warm, ...more].map((handle) => handle.terminate('measured')));
  await world.close();
}

/** Starts workflows and waits until each has made its first task and sleeps. */
async function park(world: World, side: Side, count: number): Promise<WorkflowHandle[]> {
  const handles: WorkflowHandle[] = [];
  for (let n = 0; n < count; n += 1) {
    handles.push(
      side === 'script' ? await world.start(WORKFLOWS.script, scriptInput(PARKED)) : await world.start('parked'),
    );
  }
  for (const handle of handles) await untilParked(handle);
  return handles;
}

async function untilParked(handle: WorkflowHandle): Promise<void> {
  for (;;) {
    const { events } = await handle.fetchHistory();
    if (events?.some((event) => event.timerStartedEventAttributes)) return;
    await sleep(20);
  }
}

if (import.meta.main) {
  const [address = '', side = '', count = ''] = process.argv.slice(2);
  if (side !== 'script' && side !== 'empty') throw new RangeError(`a side is script or empty, not ${side}`);
  await main(address, side, Number(count));
}
