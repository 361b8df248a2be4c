/**
 * One snapshot per key. Invariants:
 *
 *  E1  All who ask for a key get the same manifest, whoever takes it and however many take it at once (S1).
 *  E2  In one process a snapshot is taken once at a time; who comes later waits for it.
 *  E3  A taker stops when all who wait have given up, not when the first one does.
 */
import type { SnapshotKey } from '../../protocol/activities.ts';
import { WORKSPACE } from '../../protocol/limits.ts';
import type { Store } from '../../store/blobs.ts';
import { findPointer, setPointer } from '../../store/snapshots.ts';
import { RecentReads } from '../../store/recent.ts';
import { manifestText } from '../../store/workspace-manifest.ts';
import { Snapshot } from './snapshot.ts';
import { takeSnapshot, type SnapshotProgress } from './take.ts';

type OnProgress = (progress: SnapshotProgress) => void;

interface Flight {
  result: Promise<Snapshot>;
  controller: AbortController;
  listeners: Set<OnProgress>;
}

const flights = new Map<string, Flight>();
const loaded = new RecentReads<Snapshot>(WORKSPACE.manifestsKept);

/**
 * The snapshot of `key`: taken now if nobody has, else as it was taken. Errors: those of taking and of the store; the
 * signal's reason when it is aborted.
 */
export async function ensureSnapshot(
  store: Store,
  key: SnapshotKey,
  signal: AbortSignal,
  onProgress: OnProgress = () => undefined,
): Promise<Snapshot> {
  const pointer = await findPointer(store, key.key);
  if (pointer !== undefined) return load(store, key.workspace.root, pointer);
  signal.throwIfAborted();
  const name = `${store.home}\0${key.key}`;
  const flight = flights.get(name) ?? startFlight(store, key, name);
  flight.listeners.add(onProgress);
  const { promise: gaveUp, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(signal.reason);
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([flight.result, gaveUp]);
  } finally {
    signal.removeEventListener('abort', giveUp);
    flight.listeners.delete(onProgress);
    if (flight.listeners.size === 0) flight.controller.abort(signal.reason);
  }
}

function startFlight(store: Store, key: SnapshotKey, name: string): Flight {
  const controller = new AbortController();
  const listeners = new Set<OnProgress>();
  const onProgress: OnProgress = (progress) => {
    for (const listener of listeners) listener(progress);
  };
  const forget = () => {
    if (flights.get(name)?.controller === controller) flights.delete(name);
  };
  controller.signal.addEventListener('abort', forget);
  const result = take(store, key, controller.signal, onProgress).finally(forget);
  // When all have given up nobody listens to how it ends.
  result.catch(() => undefined);
  const flight = { result, controller, listeners };
  flights.set(name, flight);
  return flight;
}

async function take(store: Store, key: SnapshotKey, signal: AbortSignal, onProgress: OnProgress): Promise<Snapshot> {
  const { manifest } = await takeSnapshot(store, key.workspace, { signal, onProgress });
  const winner = await setPointer(store, key.key, await store.put(manifestText(manifest)));
  return load(store, key.workspace.root, winner);
}

/** Parsed manifests of the latest snapshots stay in memory: every tool call of a run needs one. */
async function load(store: Store, root: string, hash: string): Promise<Snapshot> {
  const name = `${store.home}\0${root}\0${hash}`;
  return loaded.get(name, () => Snapshot.load(store, root, hash));
}
