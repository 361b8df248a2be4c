import type { ContextPart } from '../../../protocol/context.ts';
import type { Store } from '../../../store/blobs.ts';
import { ingestText, type TextOptions } from '../../../store/contexts/ingest.ts';
import { openText, type StoredText } from '../../../store/contexts/reader.ts';
import { shareContext } from '../../../store/contexts/shared.ts';

export function openPart(store: Store, part: ContextPart): StoredText {
  return openText(shareContext({ v: 1, kind: 'text', parts: [part] }), 0, store.home);
}

/** A text in the store, read back. */
export async function stored(store: Store, text: string, options: TextOptions = {}): Promise<StoredText> {
  return openPart(store, await ingestText(store, text, options));
}

/** Pieces of `size` bytes; each overwrites the one before, as sources of real streams may. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(size);
  for (let at = 0; at < bytes.byteLength; at += size) {
    const count = piece.byteLength < bytes.byteLength - at ? size : bytes.byteLength - at;
    piece.set(bytes.subarray(at, at + count));
    yield piece.subarray(0, count);
  }
}
