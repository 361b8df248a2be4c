import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NO_USAGE } from '../../../protocol/outcome.ts';
import type { ItemLine } from '../../../protocol/batch.ts';
import { openStore, type Store } from '../../../store/blobs.ts';

export function freshFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'braid-batch-'));
}

export function freshStore(): Store {
  return openStore(freshFolder());
}

export function line(item: number, status: ItemLine['status'] = 'completed', more: Partial<ItemLine> = {}): ItemLine {
  return { item, status, value: `value ${item}`, error: null, usage: NO_USAGE, run: `b/item:${item}`, ...more };
}

export async function* stream(...pieces: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* pieces;
}

export async function gather<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}
