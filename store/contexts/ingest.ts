/**
 * Texts into the store. Invariants:
 *
 *  I1  Nothing but converted documents is held whole: memory does not grow with the text (K2).
 *  I2  Equal texts give equal chunks, from wherever they come (K1).
 *  I3  A lone surrogate becomes U+FFFD, which is one unit as well: positions do not move (X1).
 */
import type { ContextPart, PartFormat } from '../../protocol/context.ts';
import { CONTEXT, KIB, WORKSPACE } from '../../protocol/limits.ts';
import type { Store } from '../blobs.ts';
import { ChunkWriter, tooLarge, type ChunkOptions } from './chunk-writer.ts';
import { convertDocument } from './convert/convert.ts';
import { recoderFor, unreadable, type Recoder } from './encoding.ts';
import { isDocument, type DocumentFormat } from './formats.ts';

export interface TextOptions extends ChunkOptions {
  /** `context` when absent. */
  name?: string;
  /** `text` when absent. */
  format?: PartFormat;
}

export interface StreamOptions extends TextOptions {
  /** Bytes that are to come, when that is known. */
  expected?: number;
  /** Told how many bytes of the source have been read. */
  onBytes?: (bytes: number) => void;
}

export interface Ingested {
  part: ContextPart;
  /** What was guessed or repaired, for people. */
  warnings: string[];
}

const PIECE = 256 * KIB;

/** Stores a string. Errors: BRAID_CONTEXT_TOO_LARGE, BRAID_STORE. */
export function ingestText(store: Store, text: string, options: TextOptions = {}): Promise<ContextPart> {
  return ingestTexts(store, [text], options);
}

/** Stores strings one after the other as one part, which may be longer than a string can be. Errors: those of ingestText. */
export async function ingestTexts(
  store: Store,
  texts: readonly string[],
  options: TextOptions = {},
): Promise<ContextPart> {
  const { name = 'context', format = 'text' } = options;
  const expected = texts.reduce((sum, text) => sum + text.length, 0);
  const writer = new ChunkWriter(store, name, { ...options, expected });
  const longest = texts.reduce((most, text) => Math.max(most, text.length), 0);
  // One for all pieces: fresh ones are 50 MB of garbage for a text of 50 MB, which nobody sweeps as long as pieces come.
  const scratch = Buffer.allocUnsafeSlow(Math.min(PIECE, longest) * 3 + 3);
  for (const text of texts) await pushText(writer, text, scratch);
  return { name, format, ...(await writer.end()) };
}

const encoder = new TextEncoder();

async function pushText(writer: ChunkWriter, text: string, scratch: Buffer): Promise<void> {
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + PIECE);
    if (end < text.length && isHigh(text.charCodeAt(end - 1))) end += 1;
    const { written } = encoder.encodeInto(text.slice(at, end), scratch);
    await writer.push(scratch.subarray(0, written));
    at = end;
  }
}

/**
 * Stores what a stream gives: text in any encoding of encoding.ts, or a document of `format`, which is converted. Pieces may
 * be reused by the stream once the next one is asked for. Errors: BRAID_CONTEXT_UNREADABLE, BRAID_CONTEXT_TOO_LARGE,
 * BRAID_STORE, those of the stream.
 */
export async function ingestStream(
  store: Store,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: StreamOptions = {},
): Promise<Ingested> {
  const { name = 'context', format = 'text' } = options;
  if (isDocument(format)) return ingestDocument(store, source, format, { ...options, name });
  const writer = new ChunkWriter(store, name, options);
  const warnings: string[] = [];
  await recode(source, options, async (piece) => writer.push(piece), warnings);
  return { part: { name, format, ...(await writer.end()) }, warnings };
}

async function recode(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { name = 'context', onBytes }: StreamOptions,
  take: (piece: Uint8Array) => Promise<void>,
  warnings: string[],
): Promise<void> {
  const takeAll = async (pieces: Uint8Array[]) => {
    for (const piece of pieces) await take(piece);
  };
  let start: Uint8Array = new Uint8Array();
  let recoder: Recoder | null = null;
  let bytes = 0;
  for await (const block of source) {
    bytes += block.byteLength;
    onBytes?.(bytes);
    if (recoder === null) {
      start =
        start.byteLength === 0 && block.byteLength >= WORKSPACE.sniffBytes ? block : Buffer.concat([start, block]);
      if (start.byteLength < WORKSPACE.sniffBytes) continue;
      recoder = recoderFor(start, name);
      await takeAll(recoder.push(start));
    } else {
      await takeAll(recoder.push(block));
    }
  }
  if (recoder === null) {
    recoder = recoderFor(start, name);
    await takeAll(recoder.push(start));
  }
  await takeAll(recoder.end());
  if (recoder.warning !== null) warnings.push(recoder.warning);
}

async function ingestDocument(
  store: Store,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  format: DocumentFormat,
  options: StreamOptions & { name: string },
): Promise<Ingested> {
  const { name } = options;
  const warnings: string[] = [];
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const take = async (piece: Uint8Array) => {
    bytes += piece.byteLength;
    if (bytes > CONTEXT.documentBytes) throw tooLarge(name, CONTEXT.documentBytes);
    pieces.push(Uint8Array.from(piece));
  };
  if (format === 'html') {
    await recode(source, options, take, warnings);
  } else {
    for await (const block of source) {
      await take(block);
      options.onBytes?.(bytes);
    }
  }
  if (bytes === 0) return { part: await ingestText(store, '', options), warnings };
  const { text, marks, warning } = await convertDocument(joined(pieces, bytes), format, (why, cause) =>
    unreadable(name, why, { cause }),
  );
  if (warning !== null) warnings.push(`${name}: ${warning}`);
  const part = await ingestText(store, text, options);
  return { part: marks.length === 0 ? part : { ...part, marks }, warnings };
}

/** In memory of its own, which can be handed to a thread. */
function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

function isHigh(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}
