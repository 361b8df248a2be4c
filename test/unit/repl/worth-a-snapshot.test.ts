import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Sessions } from '../../../activities/repl/sessions.ts';
import { cell, fakeWorker, hasHeap, newStore, Node } from './kit.ts';

async function turns(w: Sessions, node: Node, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) await node.run(w, cell('a=1', n), n > 1 && n === from ? { fresh: true } : {});
}

test('turns that are soon replayed get no snapshot, and are replayed', async () => {
  const [store, node] = [newStore(), new Node()];
  const w = fakeWorker(store, { replayMs: 60_000 });
  await turns(w, node, 1, 3);
  await sleep(300);
  expect(hasHeap(store)).toBe(false);
  await w.end();
  const next = fakeWorker(store);
  await turns(next, node, 4, 4);
  expect(next.counts.replayed).toBe(3);
  await next.end();
});

test('turns beyond a number get one, however light they are', async () => {
  const [store, node] = [newStore(), new Node()];
  const w = fakeWorker(store, { replayMs: 60_000 });
  await turns(w, node, 1, w.limits.snapshotTurns);
  await expect.poll(() => hasHeap(store), { timeout: 10_000 }).toBe(true);
  await w.end();
});

test('what had to be replayed once is worth a snapshot when that took long', async () => {
  const [store, node] = [newStore(), new Node()];
  const w = fakeWorker(store, { replayMs: 60_000 });
  await turns(w, node, 1, 3);
  await w.end();
  // The replay of three turns takes more than 0 ms, and the turn itself would not be looked at by a session that counts from it on.
  const next = fakeWorker(store, { replayMs: 0.001 });
  await turns(next, node, 4, 4);
  await expect.poll(() => hasHeap(store), { timeout: 10_000 }).toBe(true);
  await next.end();
});
