import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { WORKSPACE } from '../../protocol/limits.ts';
import { hasCode } from '../../store/disk.ts';

export type Content =
  | { kind: 'text'; bytes: Uint8Array }
  | { kind: 'binary' }
  | { kind: 'huge'; size: number }
  | { kind: 'unreadable' }
  /** Deleted since it was listed. */
  | { kind: 'gone' };

/**
 * Reads one file if it is text of at most `maxBytes`. Between listing and reading it may have been replaced: a link is
 * refused (`O_NOFOLLOW`), and a pipe neither blocks (`O_NONBLOCK`) nor passes for a file.
 */
export async function readContent(file: string, maxBytes: number): Promise<Content> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) return { kind: 'unreadable' };
    if (stat.size > maxBytes) return { kind: 'huge', size: stat.size };
    const start = await readAt(handle, 0, Math.min(stat.size, WORKSPACE.sniffBytes));
    if (start.includes(0)) return { kind: 'binary' };
    if (start.byteLength === stat.size) return { kind: 'text', bytes: start };
    return {
      kind: 'text',
      bytes: Buffer.concat([start, await readAt(handle, start.byteLength, stat.size - start.byteLength)]),
    };
  } catch (error) {
    return { kind: hasCode(error, 'ENOENT') ? 'gone' : 'unreadable' };
  } finally {
    await handle?.close();
  }
}

/** Up to `length` bytes: a file that shrank meanwhile gives fewer. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
