/** Texts of any size, fast to make. Equal sizes and seeds give equal texts; no two seeds share a chunk of the store. */
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { MIB } from '../../protocol/limits.ts';
import type { Source } from './jobs.ts';

const LINE = 64;
/** A stamp stands this often, so that neither chunks nor prompts of one text are alike. */
const STAMP_EVERY = 4096;

export function textOf(bytes: number, seed: string): string {
  const all = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const block of blocks(bytes, seed)) at += block.copy(all, at);
  return all.toString('latin1');
}

/** Writes a text to a file; nothing of it is held whole. */
export async function writeText(file: string, bytes: number, seed: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const block of blocks(bytes, seed)) await handle.write(block);
  } finally {
    await handle.close();
  }
}

/** A file of one-byte characters, read where it is needed. */
export function fileSource(file: string, length: number): Source & { close(): void } {
  const handle = openSync(file, 'r');
  return {
    length,
    slice: (start, end) => {
      const bytes = Buffer.alloc(end - start);
      return bytes.toString('latin1', 0, readSync(handle, bytes, 0, bytes.byteLength, start));
    },
    close: () => closeSync(handle),
  };
}

/** Valid until the next one is asked for. */
function* blocks(bytes: number, seed: string): Generator<Buffer> {
  const block = Buffer.from(Array.from({ length: MIB / LINE }, (_, n) => lineOf(n)).join(''));
  for (let done = 0; done < bytes; done += MIB) {
    for (let at = 0; at < MIB; at += STAMP_EVERY) {
      block.write(`${seed.slice(0, 16).padEnd(16, '.')} ${String(done + at).padStart(12, '0')}`, at, 'latin1');
    }
    yield block.subarray(0, Math.min(MIB, bytes - done));
  }
}

function lineOf(n: number): string {
  return `${`line ${n}: value ${(n * 7919) % 100_003} of the table, not counted yet`.padEnd(LINE - 1, ' ')}\n`;
}
