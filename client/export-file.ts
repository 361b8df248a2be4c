/**
 * The file that carries a run elsewhere: gzipped lines of JSON. The first says what it is, the last how much there is and its hash.
 *
 *   {"braidExport":1,"run":{…}}            the run's entry for the other store (protocol/journal.ts, KeptRun)
 *   {"history":"workflow id","events":…}   for people and tools; importing reads over it
 *   {"blob":"hash","bytes":"base64"}
 *   {"end":{"histories":n,"blobs":n,"sha256":"…"}}
 *
 *  F1  A file at its final name is whole: it is written beside and moved in.
 *  F2  Nothing of a file counts before its end was read and found to fit.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { BraidError } from '../protocol/errors.ts';
import { isJsonObject, parseJsonObject, type JsonObject } from '../protocol/json.ts';

export const EXPORT_VERSION = 1;

export interface ExportCounts {
  histories: number;
  blobs: number;
}

/** Errors: BRAID_FILE_MISSING when it cannot be written, and those of `lines`. */
export async function writeExport(file: string, lines: AsyncIterable<JsonObject>): Promise<ExportCounts> {
  const temp = `${file}.${randomBytes(6).toString('hex')}.part`;
  const counts = { histories: 0, blobs: 0 };
  try {
    const text = Readable.from(sealed(lines, counts));
    await pipeline(text, createGzip(), createWriteStream(temp, { mode: 0o600, flags: 'wx' }));
    await rename(temp, file);
    return counts;
  } catch (error) {
    await rm(temp, { force: true }).catch(() => undefined);
    throw fileError(file, 'written', error);
  }
}

async function* sealed(lines: AsyncIterable<JsonObject>, counts: ExportCounts): AsyncGenerator<string> {
  const hash = createHash('sha256');
  for await (const line of lines) {
    const text = JSON.stringify(line);
    hash.update(text);
    if ('history' in line) counts.histories += 1;
    if ('blob' in line) counts.blobs += 1;
    yield `${text}\n`;
  }
  yield `${JSON.stringify({ end: { ...counts, sha256: hash.digest('hex') } })}\n`;
}

/** The lines but the last one, which is judged. Errors: BRAID_EXPORT, BRAID_FILE_MISSING. */
export async function* readExport(file: string): AsyncGenerator<JsonObject, void, undefined> {
  const source = createReadStream(file);
  const input = source.pipe(createGunzip());
  source.on('error', (error) => input.destroy(error));
  const hash = createHash('sha256');
  let end: JsonObject | null = null;
  let first = true;
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      if (end !== null) throw torn(file, 'goes on after its end');
      const line = parseJsonObject(text);
      if (line === null || (first && line['braidExport'] !== EXPORT_VERSION)) throw foreign(file, line);
      first = false;
      if (isJsonObject(line['end'])) {
        end = line['end'];
        continue;
      }
      hash.update(text);
      yield line;
    }
  } catch (error) {
    throw fileError(file, 'read', error);
  } finally {
    source.destroy();
    input.destroy();
  }
  if (end === null) throw torn(file, 'has no end');
  if (end['sha256'] !== hash.digest('hex')) throw torn(file, 'does not have the content that its end tells of');
}

function foreign(file: string, line: JsonObject | null): BraidError {
  const version = line?.['braidExport'];
  const what =
    typeof version === 'number'
      ? `is an export of version ${version}; this Braid reads version ${EXPORT_VERSION}`
      : 'is no export of a run';
  return new BraidError('BRAID_EXPORT', `${file} ${what}.`);
}

export function torn(file: string, why: string): BraidError {
  return new BraidError('BRAID_EXPORT', `${file} ${why}: it was torn or changed.`);
}

function fileError(file: string, done: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // What zlib says of other files, and of the torn end of its own.
  if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') {
    return code === 'Z_BUF_ERROR'
      ? torn(file, 'ends in the middle')
      : new BraidError('BRAID_EXPORT', `${file} is no export of a run, or it was changed.`);
  }
  if (!/^E[A-Z]+$/.test(code)) return error;
  return new BraidError('BRAID_FILE_MISSING', `${file} cannot be ${done} (${code}).`, { cause: error });
}
