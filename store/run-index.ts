/**
 * What runs left when they closed, by run id: enough to resume from them when the server has deleted their histories.
 *
 *  I1  A run's file is replaced whole: readers see the old one or the new one.
 *  I2  An id is never a path: whatever it is, its file lies in `runs/` and belongs to it alone, also where case makes no difference.
 *  I3  A file that is torn, or of another id, is none.
 */
import { hashText, isHash } from '../protocol/hash.ts';
import type { KeptRun } from '../protocol/journal.ts';
import { isJsonObject, type Json } from '../protocol/json.ts';
import type { Store } from './blobs.ts';

/** Errors: BRAID_STORE. */
export async function keepRun(store: Store, kept: KeptRun): Promise<void> {
  await store.disk.write(fileOf(store, kept.run), `${JSON.stringify({ v: 1, ...kept })}\n`);
}

/** Null when the run left nothing here. Errors: BRAID_STORE. */
export async function findKeptRun(store: Store, run: string): Promise<KeptRun | null> {
  const kept = readKeptRun(await store.disk.read(fileOf(store, run)));
  return kept?.run === run ? kept : null;
}

/** All runs that left something, the latest first. Errors: BRAID_STORE. */
export async function listKeptRuns(store: Store): Promise<KeptRun[]> {
  const names = await store.disk.list(store.disk.at('runs'));
  const all = await Promise.all(
    names.map(async (name) => readKeptRun(await store.disk.read(store.disk.at('runs', name)))),
  );
  return all.filter((kept) => kept !== null).toSorted((a, b) => b.endedAt - a.endedAt || (a.run < b.run ? -1 : 1));
}

/** What only this run referred to goes with the next garbage collection. Errors: BRAID_STORE. */
export async function removeKeptRun(store: Store, run: string): Promise<void> {
  await store.disk.remove(fileOf(store, run));
}

function readKeptRun(bytes: Uint8Array | undefined): KeptRun | null {
  return bytes === undefined ? null : parseKeptRun(parsed(new TextDecoder().decode(bytes)));
}

/** I3. Null when it is no such entry, or of another version. */
export function parseKeptRun(json: Json): KeptRun | null {
  if (!isJsonObject(json) || json['v'] !== 1) return null;
  const { run, runId, workflowType, name, input, journal, journalVersion, startedAt, endedAt } = json;
  const texts = [run, runId, workflowType, name].every((value) => typeof value === 'string');
  const numbers = [journalVersion, startedAt, endedAt].every((value) => Number.isFinite(value));
  if (!texts || !numbers || !isHash(input) || !isHash(journal)) return null;
  return { run, runId, workflowType, name, input, journal, journalVersion, startedAt, endedAt } as KeptRun;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

/** I2: the start of the id is for people, the hash tells ids apart. */
function fileOf({ disk }: Store, run: string): string {
  const shown = run.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 80);
  return disk.at('runs', `${shown}.${hashText(run).slice(0, 24)}.json`);
}
