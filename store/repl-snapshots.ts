/**
 * Heap snapshots of REPL sessions: they save the work of replaying a journal and nothing else, so any may be lost.
 *
 *  H1  A snapshot is found only by the lineage it was taken at: the hash of what its session was opened with and of every turn
 *      since. The heap of a turn whose result never reached the workflow, and which was then taken otherwise, is not found.
 *  H2  What is found has the bytes that were kept, by the engine that asks: a torn, changed or foreign file is as good as none.
 *  H3  A session keeps its newest {@link REPL.snapshotsKept}; one that has ended keeps none.
 */
import { hashText } from '../protocol/hash.ts';
import { parseJsonObject } from '../protocol/json.ts';
import { REPL } from '../protocol/limits.ts';
import type { Store } from './blobs.ts';
import { sha256 } from './hash.ts';

export interface HeapSnapshot {
  session: string;
  /** Number of turns that the session had taken. */
  version: number;
  lineage: string;
  /** Hash of the engine whose memory it is. */
  engine: string;
  packed: Uint8Array;
}

/** Keeps a snapshot and removes the session's older ones. */
export async function saveHeap({ disk }: Store, snapshot: HeapSnapshot): Promise<void> {
  const { session, version, lineage, engine, packed } = snapshot;
  const head = Buffer.from(`${JSON.stringify({ v: 1, lineage, engine, sha256: sha256(packed) })}\n`);
  const folder = folderOf(session);
  await disk.write(disk.at(...folder, String(version)), Buffer.concat([head, packed]));
  const old = (await versionsOf(disk, folder)).slice(REPL.snapshotsKept);
  await Promise.all(old.map((each) => disk.remove(disk.at(...folder, String(each)))));
}

/** The newest usable snapshot; `lineages[n]` is that of the session after n turns. Broken files are passed over. */
export async function findHeap(
  { disk }: Store,
  { session, engine, lineages }: { session: string; engine: string; lineages: readonly string[] },
): Promise<{ version: number; packed: Uint8Array } | null> {
  const folder = folderOf(session);
  for (const version of await versionsOf(disk, folder)) {
    const lineage = lineages[version];
    if (lineage === undefined) continue;
    const packed = opened(await disk.read(disk.at(...folder, String(version))), { lineage, engine });
    if (packed !== null) return { version, packed };
  }
  return null;
}

/** For a session that has ended. */
export async function removeHeaps({ disk }: Store, session: string): Promise<void> {
  await disk.remove(disk.at(...folderOf(session)));
}

/** H2. */
function opened(file: Uint8Array | undefined, wanted: { lineage: string; engine: string }): Uint8Array | null {
  if (file === undefined) return null;
  const end = file.indexOf(0x0a);
  const head = parseJsonObject(new TextDecoder().decode(file.subarray(0, Math.max(end, 0))));
  const packed = file.subarray(end + 1);
  const fits = head?.['v'] === 1 && head['lineage'] === wanted.lineage && head['engine'] === wanted.engine;
  return fits && head['sha256'] === sha256(packed) ? packed : null;
}

/** Newest first. */
async function versionsOf(disk: Store['disk'], folder: [string, string]): Promise<number[]> {
  const names = await disk.list(disk.at(...folder));
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => b - a);
}

function folderOf(session: string): [string, string] {
  return ['heaps', hashText(session)];
}
