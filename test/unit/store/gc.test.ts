/** What may go from a store, and what may not (G1 to G4 of store/gc.ts). */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { manifestText } from '../../../store/workspace-manifest.ts';
import { ensureSnapshot } from '../../../activities/workspace/ensure.ts';
import { STORE } from '../../../protocol/limits.ts';
import type { Store } from '../../../store/blobs.ts';
import { openCallLogs } from '../../../store/call-records.ts';
import { contextOfValue } from '../../../store/contexts/refs.ts';
import { collectGarbage, type KeepRoot } from '../../../store/gc.ts';
import { reachable } from '../../../store/reachable.ts';
import { writeOverlay } from '../../../store/overlays.ts';
import { saveHeap } from '../../../store/repl-snapshots.ts';
import { keepRun } from '../../../store/run-index.ts';
import { keyOf, NEVER, tempFolder, tempStore } from '../workspace/kit.ts';

const DAY = 24 * 60 * 60_000;
const fileOf = (store: Store, ref: string) => path.join(store.home, 'blobs', ref.slice(0, 2), ref.slice(2));

/** Makes everything in the store as old as this. */
function age(store: Store, ms: number): void {
  const at = new Date(Date.now() - ms);
  for (const name of readdirSync(store.home, { recursive: true, encoding: 'utf8' }))
    utimesSync(path.join(store.home, name), at, at);
}

const collect = (store: Store, keep: KeepRoot[] = [], extra: { olderThanMs?: number; dryRun?: boolean } = {}) =>
  collectGarbage(store, { keep, olderThanMs: DAY, dryRun: false, ...extra });

async function twoBlobs() {
  const store = tempStore();
  const [live, dead] = [await store.put('live'), await store.put('dead')];
  return { store, live, dead };
}

test('what no root leads to goes, and is counted', async () => {
  const { store, live, dead } = await twoBlobs();
  age(store, 2 * DAY);
  expect((await collect(store, [{ ref: live }])).blobs).toEqual({ kept: 1, removed: 1, removedBytes: 4 });
  expect([await store.has(live), await store.has(dead)]).toEqual([true, false]);
});

describe('G1', () => {
  test('from payload to manifest to chunk: everything on the way stays', async () => {
    const store = tempStore();
    const context = await contextOfValue(store, 'a long text '.repeat(100));
    const payload = await store.put(`\n\x16\n\bencoding {"context":${JSON.stringify(context)}}`);
    age(store, 2 * DAY);
    expect((await collect(store, [{ ref: payload }])).blobs).toMatchObject({ kept: 3, removed: 0 });
    expect((await collect(store, [])).blobs).toMatchObject({ kept: 0, removed: 3 });
  });

  test('from payload to overlay to manifest and contents: everything on the way stays', async () => {
    const { store, dead } = await twoBlobs();
    const { hash } = await ensureSnapshot(store, keyOf(tempFolder({ a: 'a' })), NEVER);
    const content = await store.put(`see ${dead}`);
    const entry = { hash: content, size: 1, mode: 0o644, binary: false };
    const overlay = await writeOverlay(store, { version: 1, snapshot: hash, changes: { a: null, b: entry } });
    const payload = await store.put(JSON.stringify({ patch: { overlay } }));
    expect(await reachable(store, [payload])).toEqual(
      new Set([payload, overlay, content, hash, createHash('sha256').update('a').digest('hex')]),
    );
  });

  test('content that quotes a hash leads nowhere', async () => {
    const { store, dead } = await twoBlobs();
    const context = await contextOfValue(store, `see ${dead}`);
    const { manifest } = context.of as { manifest: string };
    age(store, 2 * DAY);
    await collect(store, [{ ref: manifest }]);
    expect([await store.has(manifest), await store.has(dead)]).toEqual([true, false]);
  });

  test('journals and inputs of kept runs stay, with all that they name', async () => {
    const { store, live, dead } = await twoBlobs();
    const part = await store.put(JSON.stringify([{ value: { large: live } }]));
    const journal = await store.put(JSON.stringify({ version: 1, nodes: { '': [part] } }));
    const input = await store.put('{"input":1}');
    const run = {
      run: 'r',
      runId: 'x',
      workflowType: 'script',
      name: 'n',
      journalVersion: 1,
      startedAt: 0,
      endedAt: 0,
    };
    await keepRun(store, { ...run, journal, input });
    age(store, 40 * DAY);
    await collect(store);
    expect(await Promise.all([journal, part, input, live, dead].map((ref) => store.has(ref)))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  test('items and large results of batches stay', async () => {
    const { store, live, dead } = await twoBlobs();
    const items = await store.put(JSON.stringify({ v: 1, total: 1, pages: [{ ref: live }] }));
    const large = await store.put('a large value');
    await store.disk.write(store.disk.at('batches', 'b.json'), JSON.stringify({ v: 1, items: { manifest: items } }));
    const filler = `{"item":1,"value":"${'x'.repeat(64 * 1024 - 40)}"}\n`;
    await store.disk.write(
      store.disk.at('batches', 'b.jsonl'),
      `${filler}{"item":2,"large":{"text":{"manifest":"${large}"}}}\n`,
    );
    age(store, 2 * DAY);
    await collect(store);
    expect(await Promise.all([items, live, large, dead].map((ref) => store.has(ref)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test('roots that are not there, and damaged blobs, are passed over', async () => {
    const { store, live } = await twoBlobs();
    expect([...(await reachable(store, ['f'.repeat(64), '../../x', live]))]).toEqual([live]);
  });
});

describe('G2', () => {
  test.each([0, DAY / 2])('younger than asked, or than the grace time: stays (%i)', async (olderThanMs) => {
    const { store, dead } = await twoBlobs();
    age(store, STORE.graceMs / 2);
    await collect(store, [], { olderThanMs });
    expect(await store.has(dead)).toBe(true);
  });

  test.each(['put', 'has'] as const)('an old blob that is used again (%s) is young again', async (how) => {
    const { store, dead } = await twoBlobs();
    age(store, 2 * DAY);
    await (how === 'put' ? store.put('dead') : store.has(dead));
    await collect(store);
    expect(existsSync(fileOf(store, dead))).toBe(true);
  });
});

describe('snapshots', () => {
  const taken = async (key = 'run/x') => {
    const store = tempStore();
    const root = tempFolder({ 'a.ts': 'alpha', 'b.ts': 'beta' });
    const snapshot = await ensureSnapshot(store, keyOf(root, key), NEVER);
    return { store, root, snapshot };
  };

  test('G1: kept by the run that took it, with every file', async () => {
    const { store, snapshot } = await taken();
    age(store, 2 * DAY);
    expect(await collect(store, [{ snapshot: 'run/x' }])).toMatchObject({
      snapshots: 0,
      blobs: { kept: 3, removed: 0 },
    });
    expect(await store.getText(snapshot.hash)).toBe(manifestText(snapshot.manifest));
  });

  test('G3: otherwise its name goes with it, and a later run takes it anew', async () => {
    const { store, root } = await taken();
    age(store, 2 * DAY);
    expect(await collect(store)).toMatchObject({ snapshots: 1, blobs: { kept: 0, removed: 3 } });
    const again = await ensureSnapshot(store, keyOf(root, 'run/x'), NEVER);
    expect(await again.text({ ...(again.entry('a.ts') ?? never()), hash: again.entry('a.ts')?.hash ?? '' })).toBe(
      'alpha',
    );
  });

  test('G2: one that was just taken keeps old blobs that it found there', async () => {
    const { store, root } = await taken('old/run');
    age(store, 2 * DAY);
    await ensureSnapshot(store, keyOf(root, 'new/run'), NEVER);
    await collect(store);
    const again = await ensureSnapshot(store, keyOf(root, 'new/run'), NEVER);
    expect(await Promise.all([...again.manifest.entries.values()].map(({ hash }) => store.has(hash ?? '')))).toEqual([
      true,
      true,
    ]);
  });
});

test('records of calls stay for as long as an attempt may come; heaps only save work', async () => {
  const store = tempStore();
  const run = { workflowId: 'w', runId: 'r' };
  await openCallLogs(store).of(run).saveCall('call', { answer: 1 });
  await saveHeap(store, { session: 's', version: 1, lineage: 'l', engine: 'e', packed: new Uint8Array(8) });
  age(store, 2 * DAY);
  expect(await collect(store)).toMatchObject({ calls: 0, heaps: 1 });
  age(store, STORE.callsMs + DAY);
  expect(await collect(store)).toMatchObject({ calls: 1, heaps: 0 });
  expect(await openCallLogs(store).of(run).findCall('call')).toBeUndefined();
});

test('G4: a dry run tells the same and changes nothing, not even times', async () => {
  const store = tempStore();
  await ensureSnapshot(store, keyOf(tempFolder({ a: 'x' })), NEVER);
  await contextOfValue(store, 'text');
  age(store, 2 * DAY);
  const before = times(store);
  const told = await collect(store, [], { dryRun: true });
  expect(times(store)).toEqual(before);
  expect(told).toEqual(await collect(store));
  expect(told.blobs.removed).toBe(4);
});

function times(store: Store): [string, number][] {
  const names = readdirSync(store.home, { recursive: true, encoding: 'utf8' }).toSorted();
  return names.map((name) => [name, statSync(path.join(store.home, name)).mtimeMs]);
}

function never(): never {
  throw new Error('a file is missing');
}
