/** Many files as the parts of one context. */
import path from 'node:path';
import type { ContextPart } from '../../protocol/context.ts';
import { isBraidError } from '../../protocol/errors.ts';
import { CONTEXT } from '../../protocol/limits.ts';
import type { Store } from '../blobs.ts';
import { hasCode } from '../disk.ts';
import { createLimiter } from '../limiter.ts';
import { tooLarge } from './chunk-writer.ts';
import type { FileIndex } from './file-index.ts';
import { ingestFile } from './ingest-file.ts';
import type { ListedFile } from './list.ts';

export interface IngestedFiles {
  parts: ContextPart[];
  warnings: string[];
  /** Names of files that are no text, and of those that may not be read. */
  noText: string[];
  denied: string[];
}

interface FilesOptions {
  index: FileIndex;
  /** Name of the part of a file. */
  nameOf: (file: string) => string;
  onBytes: (bytes: number) => void;
}

/** Files read at once: each holds up to two blocks. Larger ones are read alone, since they hold several chunks. */
const WIDTH = 8;
const SMALL = CONTEXT.chunkBytes / 4;

/**
 * Stores the files of a folder, in the given order. What cannot be read as text is left out and told; only too much of it is
 * an error: BRAID_CONTEXT_TOO_LARGE, before anything is read. `onBytes` gets what has been read of all files.
 */
export async function ingestFiles(
  store: Store,
  root: string,
  files: readonly ListedFile[],
  { index, nameOf, onBytes }: FilesOptions,
): Promise<IngestedFiles> {
  if (files.reduce((sum, file) => sum + file.bytes, 0) > CONTEXT.bytes) throw tooLarge(root, CONTEXT.bytes);
  const result: IngestedFiles = { parts: [], warnings: [], noText: [], denied: [] };
  const found = new Map<string, ContextPart>();
  let done = 0;
  const one = async (file: ListedFile) => {
    const name = nameOf(file.path);
    let read = 0;
    const advance = (bytes: number) => {
      done += bytes - read;
      read = bytes;
      onBytes(done);
    };
    try {
      const { part, warnings } = await ingestFile(store, path.join(root, file.path), { name, index, onBytes: advance });
      found.set(file.path, part);
      result.warnings.push(...warnings);
    } catch (error) {
      // Deleted since it was listed: not there, so nothing is missing.
      if (isBraidError(error, 'BRAID_CONTEXT_MISSING')) return;
      if (!isBraidError(error, 'BRAID_CONTEXT_UNREADABLE') && !isBraidError(error, 'BRAID_CONTEXT_TOO_LARGE'))
        throw error;
      (hasCode(error.cause, 'EACCES', 'EPERM') ? result.denied : result.noText).push(name);
    } finally {
      advance(file.bytes);
    }
  };
  const limit = createLimiter(WIDTH);
  await Promise.all(files.filter((file) => file.bytes <= SMALL).map((file) => limit(() => one(file))));
  for (const file of files.filter(({ bytes }) => bytes > SMALL)) await one(file);
  result.parts = files.flatMap((file) => found.get(file.path) ?? []);
  return result;
}
