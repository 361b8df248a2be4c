import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  fstatSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { SERVER } from '../protocol/limits.ts';

/** The JSON in a file, or undefined when there is no such file or no JSON in it (a half-written file of an older crash). */
export function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Written aside and moved, so that a reader sees the old text or the new one. */
export function writeJsonFile(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}.tmp`;
  writeFileSync(aside, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(aside, file);
}

/** Opens a log for appending; a large one is moved aside first, one generation is kept. The caller closes it. */
export function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > SERVER.logBytes) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/** The last lines of a log from byte `from` on, for an error message; '' when there is none. */
export function tailOf(file: string, from = 0, lines = 8): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const end = fstatSync(fd).size;
      const start = Math.max(Math.min(from, end), end - 16_384);
      const bytes = Buffer.alloc(end - start);
      readSync(fd, bytes, 0, bytes.length, start);
      return bytes.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
