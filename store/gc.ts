/**
 * Removes what no kept run refers to: mark and sweep.
 *
 *  G1  What can be reached from a root stays: from the histories that the caller names, from every run in `runs/` (run-index.ts), and
 *      from the records and results of batches.
 *  G2  What is younger than the grace time stays, referred to or not: a run may be about to name it. Using a blob makes it young again.
 *  G3  Snapshots' pointers go before the manifests that they point to, so that none is left that leads nowhere.
 *  G4  With `dryRun` nothing is changed, and the numbers are those that a real one would give.
 */
import { hashText } from '../protocol/hash.ts';
import { STORE } from '../protocol/limits.ts';
import type { Store } from './blobs.ts';
import { createLimiter } from './limiter.ts';
import { reachable, refsInFile } from './reachable.ts';
import { listKeptRuns } from './run-index.ts';

/** A blob, or the key of a snapshot (`workflow id/run id`): what the history of a kept run names. */
export type KeepRoot = { ref: string } | { snapshot: string };

export interface GarbageOptions {
  /** All that histories on all servers of this store name: see client/keep-roots.ts. What is left out may be removed. */
  keep: AsyncIterable<KeepRoot> | Iterable<KeepRoot>;
  /** Only what is older goes; at least {@link STORE.graceMs}. */
  olderThanMs: number;
  dryRun: boolean;
}

export interface GarbageReport {
  blobs: { kept: number; removed: number; removedBytes: number };
  /** Names of snapshots, records of calls and sessions' heaps that were removed. */
  snapshots: number;
  calls: number;
  heaps: number;
}

type Sweep = (file: string, olderThan: number) => Promise<number | null>;

/** Errors: BRAID_STORE. */
export async function collectGarbage(
  store: Store,
  { keep, olderThanMs, dryRun }: GarbageOptions,
): Promise<GarbageReport> {
  const cutoff = Date.now() - Math.max(olderThanMs, STORE.graceMs);
  const { disk } = store;
  const sweep: Sweep = async (file, olderThan) => {
    // Asked right before it goes: somebody may have used it meanwhile.
    const info = await disk.info(file);
    if (info === undefined || info.at >= olderThan) return null;
    if (!dryRun) await disk.remove(file);
    return info.size;
  };
  const { refs, pointers } = await rootsOf(store, keep);
  const young = await youngSnapshots(store, cutoff);
  const live = await reachable(store, [...refs, ...young]);
  const snapshots = await sweepSnapshots(store, sweep, cutoff, { live, pointers });
  return {
    blobs: await sweepBlobs(store, sweep, cutoff, live),
    snapshots,
    calls: await sweepCalls(store, sweep, Math.min(cutoff, Date.now() - STORE.callsMs)),
    heaps: await sweepHeaps(store, sweep, cutoff),
  };
}

/** G1. Of snapshots the names of their files. */
async function rootsOf(
  store: Store,
  keep: GarbageOptions['keep'],
): Promise<{ refs: Set<string>; pointers: Set<string> }> {
  const refs = new Set<string>();
  const pointers = new Set<string>();
  for await (const root of keep) {
    if ('ref' in root) refs.add(root.ref);
    else pointers.add(hashText(root.snapshot));
  }
  for (const { journal, input } of await listKeptRuns(store)) {
    refs.add(journal);
    refs.add(input);
  }
  for (const name of await store.disk.list(store.disk.at('batches'))) {
    for await (const ref of refsInFile(store.disk.at('batches', name))) refs.add(ref);
    // The items of a batch share one snapshot.
    if (name.endsWith('.json')) pointers.add(hashText(`batch/${name.slice(0, -'.json'.length)}`));
  }
  for (const name of pointers) {
    const manifest = await pointedTo(store, name);
    if (manifest !== null) refs.add(manifest);
  }
  return { refs, pointers };
}

/** G2: a snapshot that was just taken is of a run that has just begun. */
async function youngSnapshots(store: Store, cutoff: number): Promise<string[]> {
  const young: string[] = [];
  for (const name of await store.disk.list(store.disk.at('snapshots'))) {
    const info = await store.disk.info(store.disk.at('snapshots', name));
    const manifest = info !== undefined && info.at >= cutoff ? await pointedTo(store, name) : null;
    if (manifest !== null) young.push(manifest);
  }
  return young;
}

async function pointedTo({ disk }: Store, name: string): Promise<string | null> {
  const bytes = await disk.read(disk.at('snapshots', name));
  const ref = bytes === undefined ? '' : new TextDecoder().decode(bytes).trim();
  return /^[0-9a-f]{64}$/.test(ref) ? ref : null;
}

/** G3. A pointer whose manifest stays for another reason stays as well: it costs nothing. */
async function sweepSnapshots(
  store: Store,
  sweep: Sweep,
  cutoff: number,
  { live, pointers }: { live: Set<string>; pointers: Set<string> },
): Promise<number> {
  let removed = 0;
  for (const name of await store.disk.list(store.disk.at('snapshots'))) {
    const manifest = await pointedTo(store, name);
    if (pointers.has(name) || (manifest !== null && live.has(manifest))) continue;
    if ((await sweep(store.disk.at('snapshots', name), cutoff)) !== null) removed += 1;
  }
  return removed;
}

async function sweepBlobs(
  store: Store,
  sweep: Sweep,
  cutoff: number,
  live: Set<string>,
): Promise<GarbageReport['blobs']> {
  const report = { kept: 0, removed: 0, removedBytes: 0 };
  const limit = createLimiter(STORE.parallelWrites);
  const { disk } = store;
  for (const folder of await disk.list(disk.at('blobs'))) {
    const names = await disk.list(disk.at('blobs', folder));
    await Promise.all(
      names.map((name) =>
        limit(async () => {
          const size = live.has(folder + name) ? null : await sweep(disk.at('blobs', folder, name), cutoff);
          if (size === null) return void (report.kept += 1);
          report.removed += 1;
          report.removedBytes += size;
        }),
      ),
    );
  }
  return report;
}

async function sweepCalls({ disk }: Store, sweep: Sweep, cutoff: number): Promise<number> {
  let removed = 0;
  for (const folder of await disk.list(disk.at('calls'))) {
    for (const name of await disk.list(disk.at('calls', folder))) {
      if ((await sweep(disk.at('calls', folder, name), cutoff)) !== null) removed += 1;
    }
  }
  return removed;
}

/** Heaps only save work (repl-snapshots.ts): what a killed worker left behind, and those of runs that wait for long. */
async function sweepHeaps({ disk }: Store, sweep: Sweep, cutoff: number): Promise<number> {
  let removed = 0;
  for (const session of await disk.list(disk.at('heaps'))) {
    for (const version of await disk.list(disk.at('heaps', session))) {
      if ((await sweep(disk.at('heaps', session, version), cutoff)) !== null) removed += 1;
    }
  }
  return removed;
}
