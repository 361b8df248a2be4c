/** Files of a snapshot as parts of a context. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { ContextPart } from '../../protocol/context.ts';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { Store } from '../../store/blobs.ts';
import { openFileIndex } from '../../store/contexts/file-index.ts';
import { formatOf, isBinaryDocument } from '../../store/contexts/formats.ts';
import { ingestBlob } from '../../store/contexts/ingest-blob.ts';
import { ingestFile } from '../../store/contexts/ingest-file.ts';
import { isInside } from '../../store/inside.ts';
import { createLimiter } from '../../store/limiter.ts';
import type { Entry } from '../../store/workspace-manifest.ts';
import type { Snapshot } from '../workspace/snapshot.ts';

/** Files prepared at once: each may hold a whole file of the snapshot. */
const WIDTH = 8;

/** Errors: BRAID_CONTEXT_UNREADABLE that says why, BRAID_CONTEXT_MISSING, BRAID_CONTEXT_TOO_LARGE. */
export async function partOf(store: Store, snapshot: Snapshot, file: string, entry: Entry): Promise<ContextPart> {
  if (entry.hash !== null) return (await ingestBlob(store, entry.hash, file)).part;
  if (entry.kind === 'huge' || (entry.kind === 'binary' && isBinaryDocument(formatOf(file)))) {
    return partFromDisk(store, snapshot.root, file);
  }
  const why = {
    text: '',
    huge: '',
    binary: 'it is binary',
    symlink: `it is a link to ${entry.target ?? 'nowhere'}; name the file itself`,
    unreadable: 'it could not be read when the snapshot was taken',
  }[entry.kind];
  throw new BraidError('BRAID_CONTEXT_UNREADABLE', `The context ${file} cannot be read as text: ${why}.`);
}

/** The parts of those paths that are text, in order. */
export async function partsOf(
  store: Store,
  snapshot: Snapshot,
  files: readonly string[],
  signal: AbortSignal,
): Promise<ContextPart[]> {
  const limit = createLimiter(WIDTH);
  const one = async (file: string): Promise<ContextPart[]> => {
    signal.throwIfAborted();
    const entry = snapshot.entry(file);
    if (entry === undefined) return [];
    try {
      return [await partOf(store, snapshot, file, entry)];
    } catch (error) {
      // One that is no text, or is gone by now, does not spoil a pattern.
      if (isBraidError(error, 'BRAID_CONTEXT_UNREADABLE') || isBraidError(error, 'BRAID_CONTEXT_MISSING')) return [];
      throw error;
    }
  };
  return (await Promise.all(files.toSorted(byUnits).map((file) => limit(() => one(file))))).flat();
}

async function partFromDisk(store: Store, root: string, file: string): Promise<ContextPart> {
  const top = await realpath(root).catch(() => root);
  const real = await realpath(path.join(top, file)).catch(() => path.join(top, file));
  if (!isInside(top, real)) {
    throw new BraidError('BRAID_CONTEXT_MISSING', `The context ${file} lies outside of the workspace.`);
  }
  const index = await openFileIndex(store, real);
  const { part } = await ingestFile(store, real, { name: file, index });
  await index.save(store);
  return part;
}

/** As snapshots order paths: the same on every machine. */
function byUnits(a: string, b: string): number {
  return a < b ? -1 : 1;
}
