/** Heap snapshots, made small for the store. zstd where this Node has it (22.15), else deflate; a pack tells which by its start. */
import * as zlib from 'node:zlib';
import { REPL } from '../../protocol/limits.ts';

const ZSTD_MAGIC = 0xfd2fb528;

export function pack(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const { zstdCompressSync }: Partial<typeof zlib> = zlib;
  const packed =
    zstdCompressSync === undefined
      ? zlib.deflateSync(raw, { level: 1 })
      : zstdCompressSync(raw, { params: { [zlib.constants.ZSTD_c_compressionLevel]: 3 } });
  // On its own, so that it can be handed to another thread without a copy.
  return new Uint8Array(packed);
}

/** @throws for what is no pack, or would become larger than a snapshot may be. */
export function unpack(packed: Uint8Array): Uint8Array {
  const start = packed.byteLength < 4 ? 0 : new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  const options = { maxOutputLength: REPL.snapshotBytes };
  const raw = start === ZSTD_MAGIC ? zlib.zstdDecompressSync(packed, options) : zlib.inflateSync(packed, options);
  // No Buffer: its slices are views, and the guest takes them for copies.
  return new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength);
}
