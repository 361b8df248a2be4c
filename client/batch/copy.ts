/**
 * Copies results to where the user wants them (`--out`): whole lines only, so that the file is valid at any moment, with values in
 * their place that the store holds.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { BraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import { CONTEXT } from '../../protocol/limits.ts';
import type { Store } from '../../store/blobs.ts';
import { parseLine } from '../../store/batches/line.ts';
import { largeText } from '../large-value.ts';
import { parseNodeEnd } from '../view/parse-rlm.ts';

export interface Copy {
  write(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** `-` is standard output; a file is written anew. Errors: BRAID_FILE_MISSING. */
export async function openCopy(out: string, store: Store): Promise<Copy> {
  const stream = out === '-' ? process.stdout : await openFile(out);
  return {
    async write(lines) {
      for (const line of lines) {
        if (!stream.write(`${await withValue(line, store)}\n`)) await once(stream, 'drain');
      }
    },
    async close() {
      if (out === '-') return;
      stream.end();
      await once(stream, 'finish');
    },
  };
}

async function openFile(out: string): Promise<WriteStream> {
  const stream = createWriteStream(out);
  try {
    await once(stream, 'open');
    return stream;
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new BraidError('BRAID_FILE_MISSING', `--out ${out} cannot be written (${why}).`, { cause });
  }
}

/** What no string can hold stays a reference. */
export async function withValue(text: string, store: Store): Promise<string> {
  if (!text.includes('"large":')) return text;
  const line = parseLine(text);
  const large = line === null ? null : (parseNodeEnd(line.json)?.large ?? null);
  if (line === null || large === null || large.length > CONTEXT.stringChars) return text;
  const pieces: string[] = [];
  for await (const piece of largeText(large, store)) pieces.push(piece);
  const { large: _large, ...rest } = line.json;
  const value = large.json ? (JSON.parse(pieces.join('')) as Json) : pieces.join('');
  return JSON.stringify({ ...rest, value });
}
