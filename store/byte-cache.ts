/** Least-recently-used cache of blobs, bounded by bytes. Entries are immutable: nobody may write into what `get` returns. */
export class ByteCache {
  #bytes = 0;
  readonly #capacity: number;
  readonly #entries = new Map<string, Uint8Array>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(ref: string): Uint8Array | undefined {
    const found = this.#entries.get(ref);
    if (found === undefined) return undefined;
    this.#entries.delete(ref);
    this.#entries.set(ref, found);
    return found;
  }

  /** One blob never takes more than a quarter, so that a huge value does not push out everything else. */
  set(ref: string, bytes: Uint8Array): void {
    if (bytes.byteLength > this.#capacity / 4 || this.#entries.has(ref)) return;
    this.#entries.set(ref, bytes);
    this.#bytes += bytes.byteLength;
    for (const [oldest, value] of this.#entries) {
      if (this.#bytes <= this.#capacity) return;
      this.#entries.delete(oldest);
      this.#bytes -= value.byteLength;
    }
  }
}
