/** Batches on the harness: started as `braid batch` starts them, and replayed after. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { buildBatchInput, type BatchOptions } from '../../../client/batch/input.ts';
import { startBatch } from '../../../client/batch/start.ts';
import type { BatchInput, BatchResult, ItemLine } from '../../../protocol/batch.ts';
import type { Json } from '../../../protocol/json.ts';
import { taskQueueOf } from '../../../protocol/names.ts';
import { ENGINE_HASH } from '../../../sandbox/engine/engine-hash.ts';
import type { Store } from '../../../store/blobs.ts';
import { resultsFile } from '../../../store/batches/files.ts';
import { replayRun } from '../../../testing/replay.ts';
import { resultOf, sharedBundle } from '../../kit/harness.ts';

export interface BatchWorld {
  client: Client;
  store: Store;
}

export interface StartOptions extends Partial<Omit<BatchOptions, 'store' | 'stdin' | 'script'>> {
  id?: string;
  renewal?: BatchInput['renewal'];
}

const folder = mkdtempSync(path.join(tmpdir(), 'braid-batch-'));

/** Starts a batch of the given script; `lines` become its items file. */
export async function start(
  { client, store }: BatchWorld,
  source: string,
  lines: readonly string[],
  { id = `b-${randomUUID().slice(0, 8)}`, renewal, ...options }: StartOptions = {},
): Promise<WorkflowHandle> {
  const file = path.join(folder, `${id}.jsonl`);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const built = await buildBatchInput(
    {
      script: { source, file: 'item.js' },
      ...(options.retry === undefined ? { items: file } : {}),
      workspace: false,
      ...{ run: id, engine: ENGINE_HASH, store, stdin: empty(), ...options },
      flags: { model: 'openai-chat/test', ...options.flags },
    },
    { cwd: folder, home: folder, env: {}, stdin: () => Promise.resolve('') },
  );
  const input = { ...built.input, ...(renewal === undefined ? {} : { renewal }) };
  const place = { client, store, taskQueue: taskQueueOf(store.id) };
  return (await startBatch(place, id, { ...built, input })).handle;
}

export function endOf(handle: WorkflowHandle): Promise<BatchResult> {
  return resultOf<BatchResult>(handle);
}

/** The results file as it is, each line parsed. */
export function linesOf(store: Store, { workflowId }: WorkflowHandle): ItemLine[] {
  const text = readFileSync(resultsFile(store, workflowId), 'utf8');
  if (!text.endsWith('\n')) throw new Error('the last line is torn');
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as ItemLine);
}

export async function replay({ client, store }: BatchWorld, { workflowId }: WorkflowHandle): Promise<void> {
  await replayRun(client, store, sharedBundle(), workflowId);
}

export function values(lines: readonly ItemLine[]): Json[] {
  return lines.toSorted((a, b) => a.item - b.item).map(({ value }) => value);
}

async function* empty(): AsyncGenerator<string> {}
