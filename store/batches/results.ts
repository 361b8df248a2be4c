/**
 * The results of a batch: JSON lines, one for each item that has ended.
 *
 *  R1  Whatever is before the last line break is whole lines. A writer that was killed leaves at most a torn line behind it, which
 *      readers skip and the next writer replaces.
 *  R2  Each append names the length of the file before it, and appends come one after the other. An append that is done again, also
 *      by a late twin, writes the same bytes to the same place: no item has two lines.
 *  R3  When a power cut took the end of the file, lines are missing, and no line is torn: their items count as not run.
 */
import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import { KIB } from '../../protocol/limits.ts';
import { hasCode } from '../disk.ts';

/** Writes whole lines behind the first `at` bytes of the file and gives its new length. Errors: BRAID_STORE. */
export async function appendLines(file: string, at: number, lines: readonly string[]): Promise<number> {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const handle = await openToChange(file);
    try {
      return await writeAt(handle, at, bytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BraidError('BRAID_STORE', `The results file ${file} cannot be written: ${why}.`, { cause: error });
  }
}

/**
 * The whole lines of the file from the byte `from` on, in blocks, each with the place where it ends; what is torn at the end is left
 * out (R1). Nothing when there is no such file.
 */
export async function* readLines(file: string, from = 0): AsyncGenerator<{ lines: string[]; end: number }> {
  const handle = await open(file, 'r').catch(orMissing);
  if (handle === undefined) return;
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (let at = from; ;) {
      const block = await read(handle, at, BLOCK);
      if (block.byteLength === 0) return;
      at += block.byteLength;
      const whole = Buffer.concat([rest, block]);
      const cut = whole.lastIndexOf(BREAK) + 1;
      rest = Buffer.from(whole.subarray(cut));
      if (cut > 0) yield { lines: whole.toString('utf8', 0, cut - 1).split('\n'), end: at - rest.byteLength };
    }
  } finally {
    await handle.close();
  }
}

const BREAK = 0x0a;
const BLOCK = 256 * KIB;

async function openToChange(file: string): Promise<FileHandle> {
  const handle = await open(file, 'r+').catch(orMissing);
  // Two attempts may make it at once: neither may empty what the other wrote.
  return handle ?? open(file, constants.O_RDWR | constants.O_CREAT, 0o600);
}

async function writeAt(handle: FileHandle, at: number, bytes: Buffer): Promise<number> {
  const { size } = await handle.stat();
  const start = size >= at ? at : await endOfLines(handle, size);
  const there = await read(handle, start, Math.min(size - start, bytes.byteLength));
  const same = there.equals(bytes.subarray(0, there.byteLength));
  // Anything else than the start of these very lines is of a history that was reset and went another way (R2).
  if (!same) await handle.truncate(start);
  if (!same || there.byteLength < bytes.byteLength) await writeAll(handle, bytes, start);
  return start + bytes.byteLength;
}

async function writeAll(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    done += (await handle.write(bytes, done, bytes.byteLength - done, at + done)).bytesWritten;
  }
}

/** Where the last whole line ends. */
async function endOfLines(handle: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - BLOCK);
    const last = (await read(handle, from, end - from)).lastIndexOf(BREAK);
    if (last >= 0) return from + last + 1;
    end = from;
  }
  return 0;
}

async function read(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function orMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}
