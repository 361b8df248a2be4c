/** Resident size of this process, which holds the worker, while a batch runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { BATCH_PROGRESS, endedOf, type BatchProgress } from '../protocol/batch.ts';

const MIB = 2 ** 20;
/** After so many items caches are full and code is compiled. */
const SETTLED = 1_000;
const EVERY_MS = 2_000;

export interface Sample {
  ended: number;
  rss: number;
}

export class MemoryWatch {
  readonly samples: Sample[] = [];

  /** Looks now and then until the work has ended. */
  async during(handle: WorkflowHandle, work: Promise<unknown>): Promise<void> {
    let ended = false;
    const end = work.then(
      () => (ended = true),
      () => (ended = true),
    );
    while (!ended) {
      await this.look(handle);
      await Promise.race([end, sleep(EVERY_MS)]);
    }
  }

  private async look(handle: WorkflowHandle): Promise<void> {
    try {
      const { counts } = await handle.query<BatchProgress>(BATCH_PROGRESS);
      this.samples.push({ ended: endedOf(counts), rss: process.memoryUsage.rss() });
    } catch {
      // Its first task has not been taken yet.
    }
  }
}

/** Means, because a single sample may fall before or after a garbage collection. */
export function memoryLine({ samples }: MemoryWatch): string {
  const settled = samples.filter(({ ended }) => ended >= SETTLED);
  const third = Math.floor(settled.length / 3);
  const last = samples.at(-1)?.rss ?? process.memoryUsage.rss();
  if (third < 2)
    return `worker: ${size(last)} at the end; too few items after the first ${SETTLED} to tell whether it grows`;
  const [early, late] = [mean(settled.slice(0, third)), mean(settled.slice(-third))];
  const growth = ((late - early) * 100) / early;
  return `worker after the first ${SETTLED} items: ${size(early)}, at the end ${size(late)} (${growth >= 0 ? '+' : '−'}${Math.abs(growth).toFixed(1)} %)`;
}

function mean(samples: readonly Sample[]): number {
  return samples.reduce((sum, { rss }) => sum + rss, 0) / samples.length;
}

function size(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
