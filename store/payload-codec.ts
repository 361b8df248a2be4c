/**
 * Keeps big values out of histories (design §8): one codec on client and worker replaces a payload above
 * {@link LIMITS.blobBytes} by `{ref, bytes, preview}` and puts it back. Invariants:
 *
 *  P1  decode(encode(p)) has the metadata and data of p, byte for byte; small payloads pass untouched.
 *  P2  A payload that is a reference already is never wrapped again, so encoding twice is encoding once.
 *  P3  What stands in history is small whatever the value is, and says to a person what it stands for.
 */
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { BraidError } from '../protocol/errors.ts';
import { isJsonObject } from '../protocol/json.ts';
import { LIMITS, STORE } from '../protocol/limits.ts';
import type { Store } from './blobs.ts';
import { ByteCache } from './byte-cache.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** `json/…`, because Temporal's UI shows the JSON of any such encoding and raw base64 of all others. */
export const REF_ENCODING = 'json/braid-ref';

/** What stands in history for a big value. */
export interface PayloadRef {
  ref: string;
  /** Size of the whole payload. */
  bytes: number;
  /** Start of the value as one line of text; empty when it is not text. */
  preview: string;
}

export function createPayloadCodec(store: Store): PayloadCodec {
  const cache = new ByteCache(STORE.cacheBytes);
  return {
    encode: (payloads) => Promise.all(payloads.map((payload) => encodeOne(store, cache, payload))),
    decode: (payloads) => Promise.all(payloads.map((payload) => decodeOne(store, cache, payload))),
  };
}

/** The reference that a payload of a raw history holds, or null. For views, which must not load every blob. */
export function payloadRefOf(payload: Payload): PayloadRef | null {
  if (encodingOf(payload) !== REF_ENCODING) return null;
  const value = parseJson(payload.data);
  const { ref, bytes, preview } = isJsonObject(value) ? value : {};
  if (typeof ref === 'string' && typeof bytes === 'number' && typeof preview === 'string')
    return { ref, bytes, preview };
  throw new BraidError('BRAID_BLOB_CORRUPT', `A payload says ${REF_ENCODING} but holds no reference.`, {
    fix: 'Look for another program that writes into this history.',
  });
}

async function encodeOne(store: Store, cache: ByteCache, payload: Payload): Promise<Payload> {
  if (sizeOf(payload) <= LIMITS.blobBytes || encodingOf(payload) === REF_ENCODING) return payload;
  const bytes = PayloadMessage.encode(payload).finish();
  const ref = await store.put(bytes);
  cache.set(ref, bytes);
  const stand: PayloadRef = { ref, bytes: bytes.byteLength, preview: previewOf(payload) };
  return { metadata: { encoding: utf8(REF_ENCODING) }, data: utf8(asciiJson(stand)) };
}

async function decodeOne(store: Store, cache: ByteCache, payload: Payload): Promise<Payload> {
  const found = payloadRefOf(payload);
  if (found === null) return payload;
  let bytes = cache.get(found.ref);
  if (bytes === undefined) {
    bytes = await store.get(found.ref);
    cache.set(found.ref, bytes);
  }
  const { metadata, data } = PayloadMessage.decode(bytes);
  // The decoder hands out views into the cached blob, and a caller may write into what it gets: copy.
  return { metadata, data: new Uint8Array(data) };
}

function sizeOf(payload: Payload): number {
  let size = payload.data?.byteLength ?? 0;
  for (const [key, value] of Object.entries(payload.metadata ?? {})) size += key.length + value.byteLength;
  return size;
}

function encodingOf(payload: Payload): string {
  const encoding = payload.metadata?.['encoding'];
  return encoding === undefined || encoding === null ? '' : new TextDecoder().decode(encoding);
}

function previewOf(payload: Payload): string {
  if (!encodingOf(payload).startsWith('json/')) return '';
  // Four bytes hold any character, so this much always has enough of them; the cut may split the last one.
  const start = new TextDecoder().decode(payload.data?.subarray(0, STORE.previewChars * 4));
  return start.slice(0, STORE.previewChars).replace(/\p{C}/gu, escapeUnits);
}

/** The UI decodes base64 as Latin-1, so everything else has to be escaped to be readable there. */
function asciiJson(value: PayloadRef): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, escapeUnits);
}

function escapeUnits(text: string): string {
  return Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  );
}

function parseJson(data: Uint8Array | null | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data ?? new Uint8Array()));
  } catch {
    return undefined;
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
