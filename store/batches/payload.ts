import { defaultPayloadConverter } from '@temporalio/common';
import type { EncodedPayload } from '../../protocol/batch.ts';
import type { Store } from '../blobs.ts';
import { createPayloadCodec } from '../payload-codec.ts';

/** Values as they will stand on the wire: a large one is put into the store once, however often its payload is sent. */
export function payloadEncoder(store: Store): (value: object) => Promise<EncodedPayload> {
  const codec = createPayloadCodec(store);
  const text = (bytes: Uint8Array | null | undefined) => new TextDecoder().decode(bytes ?? new Uint8Array());
  return async (value) => {
    const [payload] = await codec.encode([defaultPayloadConverter.toPayload(value)]);
    return { encoding: text(payload?.metadata?.['encoding']), data: text(payload?.data) };
  };
}
