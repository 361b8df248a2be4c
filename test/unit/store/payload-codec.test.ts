import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Store } from '../../../store/blobs.ts';
import { createPayloadCodec, payloadRefOf, REF_ENCODING } from '../../../store/payload-codec.ts';
import { tempStore } from '../workspace/kit.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const plain = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('hex')]),
  ),
  data: Buffer.from(data ?? []).toString('hex'),
});
const payload = (encoding: string, bytes: Uint8Array, more: Record<string, Uint8Array> = {}): Payload => ({
  metadata: { encoding: utf8(encoding), ...more },
  data: bytes,
});
const noise = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * 7919 + (i >> 8)) % 256);

/** Counts what goes to the disk. */
function counting(store: Store) {
  const counts = { put: 0, get: 0 };
  const counted: Store = {
    ...store,
    put: (content) => ((counts.put += 1), store.put(content)),
    get: (ref) => ((counts.get += 1), store.get(ref)),
  };
  return { counts, store: counted };
}

describe('P1: round trip', () => {
  const sizes = [1, 100, LIMITS.blobBytes - 12, LIMITS.blobBytes, LIMITS.blobBytes + 1, 9_000, 100_000, 3_000_000];
  const cases = sizes.flatMap((size): [string, Payload][] => [
    [`${size} bytes of json/plain`, payload('json/plain', utf8(JSON.stringify('ü'.repeat(size / 2))))],
    [`${size} bytes of binary/plain`, payload('binary/plain', noise(size))],
    [
      `${size} bytes of binary/protobuf with metadata`,
      payload('binary/protobuf', noise(size), { messageType: utf8('a.B'), odd: noise(9) }),
    ],
  ]);
  test.each(cases)('%s', async (_, original) => {
    const store = tempStore();
    const before = plain(original);
    const [encoded = {}] = await createPayloadCodec(store).encode([original]);
    expect(encoded.data?.byteLength).toBeLessThanOrEqual(LIMITS.blobBytes);
    const [decoded = {}] = await createPayloadCodec(store).decode([encoded]);
    expect(plain(decoded)).toEqual(before);
  });

  test('a payload without data, one without metadata, and none at all', async () => {
    const codec = createPayloadCodec(tempStore());
    const odd: Payload[] = [{ metadata: { encoding: utf8('binary/null') } }, { data: noise(5000) }];
    expect((await codec.decode(await codec.encode(odd))).map(plain)).toEqual(odd.map(plain));
    expect(await codec.encode([])).toEqual([]);
  });

  test('many at once keep their order', async () => {
    const codec = createPayloadCodec(tempStore());
    const all = Array.from({ length: 500 }, (_, i) =>
      defaultPayloadConverter.toPayload({ i, text: 'x'.repeat(i * 40) }),
    );
    const back = await codec.decode(await codec.encode(all));
    expect(back.map((p) => defaultPayloadConverter.fromPayload<{ i: number }>(p).i)).toEqual(all.map((_, i) => i));
  });
});

test('small payloads pass untouched and cost no file', async () => {
  const { store, counts } = counting(tempStore());
  const small = payload('json/plain', utf8('"x"'));
  expect((await createPayloadCodec(store).encode([small]))[0]).toBe(small);
  expect(counts).toEqual({ put: 0, get: 0 });
});

test('P2: encoding twice is encoding once', async () => {
  const codec = createPayloadCodec(tempStore());
  const once = await codec.encode([payload('binary/plain', noise(9000))]);
  expect(await codec.encode(once)).toEqual(once);
});

test('P3: history shows size and start, in ASCII, without control characters', async () => {
  const codec = createPayloadCodec(tempStore());
  const [stand = {}] = await codec.encode([
    defaultPayloadConverter.toPayload(`über\u001b[31m\u202e${'x'.repeat(5000)}`),
  ]);
  expect(Buffer.from(stand.data ?? []).toString('latin1')).toMatch(/^[\x20-\x7e]+$/);
  const ref = payloadRefOf(stand);
  expect(ref?.bytes).toBeGreaterThan(5000);
  expect(ref?.preview).toMatch(/^"über\\u001b\[31m\\u202ex+$/);
  expect(stand.data?.byteLength).toBeLessThan(1000);
  const [binary = {}] = await codec.encode([payload('binary/plain', noise(5000))]);
  expect(payloadRefOf(binary)?.preview).toBe('');
});

test('decoding right after encoding reads no file, and gives bytes that may be written into', async () => {
  const { store, counts } = counting(tempStore());
  const codec = createPayloadCodec(store);
  const original = payload('binary/plain', noise(9000));
  const encoded = await codec.encode([original]);
  const [first] = await codec.decode(encoded);
  first?.data?.fill(0);
  expect(plain((await codec.decode(encoded))[0] ?? {})).toEqual(plain(original));
  expect(counts).toEqual({ put: 1, get: 0 });
});

describe('a reference that leads nowhere', () => {
  test('is BRAID_BLOB_MISSING in another store', async () => {
    const encoded = await createPayloadCodec(tempStore()).encode([payload('binary/plain', noise(9000))]);
    await expect(createPayloadCodec(tempStore()).decode(encoded)).rejects.toMatchObject({ code: 'BRAID_BLOB_MISSING' });
  });

  test('is BRAID_BLOB_CORRUPT when the blob was changed', async () => {
    const store = tempStore();
    const encoded = await createPayloadCodec(store).encode([payload('binary/plain', noise(9000))]);
    const { ref = '' } = payloadRefOf(encoded[0] ?? {}) ?? {};
    writeFileSync(path.join(store.home, 'blobs', ref.slice(0, 2), ref.slice(2)), 'x');
    await expect(createPayloadCodec(store).decode(encoded)).rejects.toMatchObject({ code: 'BRAID_BLOB_CORRUPT' });
  });

  test.each(['', 'null', '{"ref":1}', '{"ref":"../x","bytes":"1"}'])(
    'is an error when it is forged: %s',
    async (text) => {
      const forged = payload(REF_ENCODING, utf8(text));
      await expect(createPayloadCodec(tempStore()).decode([forged])).rejects.toMatchObject({
        code: 'BRAID_BLOB_CORRUPT',
      });
    },
  );
});
