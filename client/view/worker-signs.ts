import type { Client } from '@temporalio/client';
import { hostname } from 'node:os';
import { WATCH } from '../../protocol/limits.ts';
import type { WorkerView } from '../../protocol/view.ts';
import { msOfTime } from '../../histories/proto.ts';

export interface Poller {
  identity: string;
  /** Start of its last poll, in ms since 1970. */
  lastSeen: number;
}

const WORKFLOW_QUEUE = 1;

/** Who polls a task queue. The server remembers pollers for five minutes, also dead ones. Throws what gRPC throws. */
export async function pollersOf(client: Client, taskQueue: string): Promise<Poller[]> {
  const request = {
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_QUEUE,
  };
  const response = await client.withDeadline(Date.now() + WATCH.rpcMs, () =>
    client.workflowService.describeTaskQueue(request),
  );
  return (response.pollers ?? []).map(({ identity, lastAccessTime }) => ({
    identity: identity ?? '',
    lastSeen: msOfTime(lastAccessTime),
  }));
}

/**
 * Whether somebody takes tasks. A poller is dead when it was silent for longer than a long poll takes, or when its process
 * is known to be gone: at once for workers of this machine, whose identity starts with `pid@host`.
 */
export function judgeWorker(
  pollers: readonly Poller[],
  before: WorkerView | null,
  now: number,
  isGone: (identity: string) => boolean = processIsGone,
): WorkerView {
  const alive = pollers.some(({ identity, lastSeen }) => now - lastSeen < WATCH.pollerMs && !isGone(identity));
  const lastSeen = pollers.reduce<number | null>(
    (last, poller) => Math.max(last ?? 0, poller.lastSeen),
    before?.lastSeen ?? null,
  );
  return {
    alive,
    lastSeen: alive ? Math.max(lastSeen ?? 0, now) : lastSeen,
    missingSince: alive ? null : (before?.missingSince ?? now),
  };
}

/** True only when the identity names a process of this very machine that does not exist. */
export function processIsGone(identity: string): boolean {
  const match = /^(\d+)@([^@\s]+)/.exec(identity);
  if (match === null || match[2] !== hostname()) return false;
  try {
    process.kill(Number(match[1]), 0);
    return false;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
