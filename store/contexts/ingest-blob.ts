import { isUtf8 } from 'node:buffer';
import { CONTEXT } from '../../protocol/limits.ts';
import type { Store } from '../blobs.ts';
import { chunkOf } from './chunk-writer.ts';
import { formatOf, isDocument } from './formats.ts';
import { ingestStream, type Ingested } from './ingest.ts';

/**
 * A part from a whole file that is in the store already, as snapshots keep them. UTF-8 of one chunk's size is not stored again:
 * the blob is the chunk that ingesting it would give. Errors: those of ingestStream.
 */
export async function ingestBlob(store: Store, ref: string, name: string): Promise<Ingested> {
  const bytes = await store.get(ref);
  const format = formatOf(name);
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  if (isDocument(format) || marked || bytes.byteLength > CONTEXT.chunkBytes || bytes.includes(0) || !isUtf8(bytes)) {
    return ingestStream(store, [bytes], { name, format, expected: bytes.byteLength });
  }
  const chunk = { ref, ...chunkOf(bytes) };
  const lines = chunk.feeds + (bytes.byteLength === 0 || bytes.at(-1) === 0x0a ? 0 : 1);
  const chunks = bytes.byteLength === 0 ? [] : [chunk];
  return { part: { name, format, length: chunk.length, bytes: chunk.bytes, lines, chunks }, warnings: [] };
}
