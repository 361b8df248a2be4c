import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { OVERLAY } from '../../protocol/limits.ts';
import type { OverlayEntry } from '../../protocol/overlay.ts';
import type { Store } from '../../store/blobs.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * The content of a binary file that a snapshot only lists, from the folder it was taken of, when something is about to replace it: a
 * patch has to hold both sides. Null when there is no such file of that size any more. A file that was changed since then and kept its
 * size is not told from what it was; the patch then says of it what it found.
 */
export async function keepBinary(store: Store, base: Snapshot, name: string): Promise<OverlayEntry | null> {
  const bytes = await readBinary(base, name);
  if (bytes === null) return null;
  return { hash: await store.put(bytes), size: bytes.byteLength, mode: base.entry(name)?.mode ?? 0o644, binary: true };
}

/** The bytes of {@link keepBinary}, without keeping them. */
export async function readBinary(base: Snapshot, name: string): Promise<Uint8Array | null> {
  const entry = base.entry(name);
  if (entry?.kind !== 'binary' || entry.size > OVERLAY.fileBytes) return null;
  try {
    const root = await realpath(base.root);
    const file = path.join(root, name);
    // A folder on the way may have become a link since the snapshot was taken.
    if ((await realpath(path.dirname(file))) !== path.dirname(file)) return null;
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile() || stat.size !== entry.size) return null;
      const bytes = await handle.readFile();
      return bytes.byteLength === entry.size ? bytes : null;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return null;
    throw error;
  }
}
