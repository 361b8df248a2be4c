/**
 * A file that is only ever appended to, a line at a time, by any number of processes; and a reader that has seen all of it. Making a
 * file is what a disk is slow at (measured: 15 µs for an append, 60 µs for a new file, 300 to 1,100 where many were deleted just before),
 * so what belongs together shares one. Invariants:
 *
 *  A1  A line is found whole or not at all, by every process, from the moment `append` returned; it is one write, so lines do not mix.
 *  A2  Each line begins and ends with its line break: what a killed writer left unfinished swallows no other line.
 *  A3  `onLine` gets every whole line once, in the order of the file, up to its end at the last `append` or `refresh`; after
 *      `onReset`, because the file is shorter than it was, all of them again.
 *
 * Synchronous: trips through the thread pool mostly take more CPU than a line into the page cache. Nothing is synced: a killed
 * process loses nothing, a power cut may lose what was written last.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { guardSync, hasCode } from './disk.ts';

export interface LogReader {
  /** `from` and `to` are the line's bytes in the file, without its breaks. */
  onLine(line: string, from: number, to: number): void;
  onReset(): void;
}

const BREAK = 0x0a;

/** Errors of all methods: BRAID_STORE. */
export class AppendLog {
  readonly #file: string;
  readonly #reader: LogReader;
  /** Bytes of whole lines that the reader has seen. */
  #seen = 0;

  constructor(file: string, reader: LogReader) {
    this.#file = file;
    this.#reader = reader;
  }

  /** A line without line breaks. */
  append(line: string): void {
    const bytes = Buffer.from(`\n${line}\n`);
    const size = guardSync(this.#file, () => appendTo(this.#file, bytes));
    if (size - bytes.length !== this.#seen) return this.refresh();
    this.#reader.onLine(line, this.#seen + 1, size - 1);
    this.#seen = size;
  }

  /** Reads what others have appended. */
  refresh(): void {
    const bytes = guardSync(this.#file, () => this.#unseen());
    const from = this.#seen;
    let start = 0;
    for (let end = bytes.indexOf(BREAK); end !== -1; end = bytes.indexOf(BREAK, start)) {
      if (end > start) this.#reader.onLine(bytes.toString('utf8', start, end), from + start, from + end);
      start = end + 1;
      this.#seen = from + start;
    }
  }

  /** Text of these bytes. */
  read(from: number, to: number): string {
    return guardSync(this.#file, () => readBytes(this.#file, from, to)).toString();
  }

  #unseen(): Buffer {
    const size = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
    if (size < this.#seen) {
      this.#seen = 0;
      this.#reader.onReset();
    }
    return size === this.#seen ? Buffer.alloc(0) : readBytes(this.#file, this.#seen, size);
  }
}

/** The file's size after it. */
function appendTo(file: string, bytes: Buffer): number {
  const handle = openOrMake(file);
  try {
    const written = writeSync(handle, bytes);
    if (written < bytes.length)
      throw new Error(`${written} of ${bytes.length} bytes were written: the disk may be full`);
    return fstatSync(handle).size;
  } finally {
    closeSync(handle);
  }
}

function openOrMake(file: string): number {
  try {
    return openSync(file, 'a', 0o600);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    return openSync(file, 'a', 0o600);
  }
}

function readBytes(file: string, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  const handle = openSync(file, 'r');
  try {
    let filled = 0;
    for (let count = -1; count !== 0 && filled < bytes.length; filled += count) {
      count = readSync(handle, bytes, filled, bytes.length - filled, from + filled);
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(handle);
  }
}
