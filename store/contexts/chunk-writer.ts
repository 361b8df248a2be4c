/**
 * Cuts a stream of valid UTF-8 into chunks of the store. Invariants:
 *
 *  K1  Every chunk but the last is the longest whole-character prefix of what is left that fits: equal texts have equal
 *      chunks, whatever pieces they came in (X2, X3).
 *  K2  At most {@link CONTEXT.chunksInFlight} chunks are held in memory, however long the stream is.
 */
import { isAscii } from 'node:buffer';
import { BraidError } from '../../protocol/errors.ts';
import type { ContextChunk } from '../../protocol/context.ts';
import { CONTEXT, KIB } from '../../protocol/limits.ts';
import type { Store } from '../blobs.ts';
import { countByte, countUnits, openTail } from './count.ts';

export interface ChunkedText {
  length: number;
  bytes: number;
  lines: number;
  chunks: ContextChunk[];
}

export interface ChunkOptions {
  /** Size of a chunk; another one than {@link CONTEXT.chunkBytes} is for tests. At least 4. */
  chunkBytes?: number;
  /** Bytes that this text may have. */
  maxBytes?: number;
}

export class ChunkWriter {
  readonly #store: Store;
  readonly #name: string;
  readonly #chunkBytes: number;
  readonly #maxBytes: number;
  readonly #chunks: ContextChunk[] = [];
  readonly #writes: Promise<unknown>[] = [];
  readonly #spare: Buffer[] = [];
  #buffer: Buffer;
  #filled = 0;
  #bytes = 0;
  #feeds = 0;
  #length = 0;
  #last = -1;

  /** `expected` bytes, when known, save growing; `name` is for messages. */
  constructor(store: Store, name: string, options: ChunkOptions & { expected?: number } = {}) {
    this.#store = store;
    this.#name = name;
    this.#chunkBytes = options.chunkBytes ?? CONTEXT.chunkBytes;
    this.#maxBytes = options.maxBytes ?? CONTEXT.bytes;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(this.#chunkBytes, Math.max(4, options.expected ?? 64 * KIB)));
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes + this.#filled;
  }

  /** Takes whole characters. Errors: BRAID_CONTEXT_TOO_LARGE, BRAID_STORE. */
  async push(bytes: Uint8Array): Promise<void> {
    if (this.bytes + bytes.byteLength > this.#maxBytes) throw tooLarge(this.#name, this.#maxBytes);
    for (let at = 0; at < bytes.byteLength;) {
      this.#grow(this.#filled + bytes.byteLength - at);
      const count = Math.min(this.#buffer.byteLength - this.#filled, bytes.byteLength - at);
      this.#buffer.set(at === 0 && count === bytes.byteLength ? bytes : bytes.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled === this.#chunkBytes) await this.#flush();
    }
  }

  async end(): Promise<ChunkedText> {
    if (this.#filled > 0) await this.#write(this.#cut(this.#filled));
    this.#filled = 0;
    await Promise.all(this.#writes);
    const lines = this.#feeds + (this.#bytes === 0 || this.#last === 0x0a ? 0 : 1);
    return { length: this.#length, bytes: this.#bytes, lines, chunks: this.#chunks };
  }

  #grow(wanted: number): void {
    if (wanted <= this.#buffer.byteLength || this.#buffer.byteLength === this.#chunkBytes) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#chunkBytes, Math.max(wanted, this.#buffer.byteLength * 2)));
    larger.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = larger;
  }

  /** Writes a full buffer but for a character that it splits, which begins the next one. */
  async #flush(): Promise<void> {
    const full = this.#buffer;
    const whole = full.byteLength - openTail(full);
    const chunk = this.#cut(whole);
    this.#buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#chunkBytes);
    this.#filled = full.copy(this.#buffer, 0, whole);
    await this.#write(chunk);
  }

  #cut(whole: number): { entry: ContextChunk; bytes: Buffer; buffer: Buffer } {
    const bytes = this.#buffer.subarray(0, whole);
    const entry: ContextChunk = { ref: '', ...chunkOf(bytes) };
    this.#chunks.push(entry);
    this.#bytes += entry.bytes;
    this.#length += entry.length;
    this.#feeds += entry.feeds;
    this.#last = bytes.at(-1) ?? -1;
    return { entry, bytes, buffer: this.#buffer };
  }

  /** The write goes on beside the work on the next chunk. */
  async #write({ entry, bytes, buffer }: { entry: ContextChunk; bytes: Buffer; buffer: Buffer }): Promise<void> {
    const write = this.#store.put(bytes).then((ref) => {
      entry.ref = ref;
      this.#spare.push(buffer);
    });
    // It may fail while nobody waits for it; whoever waits later gets the error.
    write.catch(() => undefined);
    this.#writes.push(write);
    if (this.#writes.length >= CONTEXT.chunksInFlight) await this.#writes.shift();
  }
}

/** What a manifest tells of a chunk beside its ref. */
export function chunkOf(bytes: Uint8Array): Omit<ContextChunk, 'ref'> {
  const length = isAscii(bytes) ? bytes.byteLength : countUnits(bytes);
  return { bytes: bytes.byteLength, length, feeds: countByte(bytes, 0x0a) };
}

export function tooLarge(name: string, limit: number): BraidError {
  const size = limit % (1 << 20) === 0 ? `${(limit / (1 << 20)).toLocaleString('en')} MiB` : `${limit} bytes`;
  return new BraidError('BRAID_CONTEXT_TOO_LARGE', `The context ${name} has more than ${size} of text.`, {
    fix: 'Split it, or give a part of it.',
  });
}
