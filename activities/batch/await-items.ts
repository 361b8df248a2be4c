/**
 * Waits for items that are no children of the batch's present run: they were begun before it continued as new. Their runs are
 * asked for by id, so however they end, it is seen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { itemRun, type ItemEnd } from '../../protocol/batch.ts';
import type { Json } from '../../protocol/json.ts';
import { BATCH } from '../../protocol/limits.ts';

type Client = Context['client'];

/** The ends of those that have ended, at most one group of them; none when none did within a while. */
export async function awaitItems(
  client: Client,
  batch: string,
  items: readonly number[],
  signal: AbortSignal,
): Promise<ItemEnd[]> {
  const until = Date.now() + BATCH.awaitMs;
  const pace = Math.min(BATCH.maxLookMs, Math.max(BATCH.minLookMs, items.length * BATCH.lookMs));
  for (;;) {
    const ends: ItemEnd[] = [];
    for (const item of items) {
      if (ends.length >= BATCH.group) break;
      const handle = client.workflow.getHandle(itemRun(batch, item));
      if ((await handle.describe()).status.name !== 'RUNNING') ends.push(await endOf(client, batch, item));
      signal.throwIfAborted();
    }
    if (ends.length > 0 || Date.now() > until) return ends;
    await sleep(pace, undefined, { signal });
  }
}

async function endOf(client: Client, batch: string, item: number): Promise<ItemEnd> {
  try {
    const result = (await client.workflow.getHandle(itemRun(batch, item)).result()) as Json;
    return { item, result, failure: null };
  } catch (error) {
    // Anything but the run's own failure is tried again by the server.
    if (!(error instanceof Error) || error.name !== 'WorkflowFailedError') throw error;
    return failed(item, error.cause);
  }
}

function failed(item: number, cause: unknown): ItemEnd {
  const message = cause instanceof Error ? cause.message : String(cause);
  const cancelled = cause instanceof CancelledFailure;
  if (!(cause instanceof ApplicationFailure)) {
    return { item, result: null, failure: { code: 'BRAID_RUN_TERMINATED', message, cancelled } };
  }
  const result = (cause.details?.[0] ?? null) as Json;
  return { item, result, failure: { code: cause.type ?? 'BRAID_INTERNAL', message, cancelled: false } };
}
