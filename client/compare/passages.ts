/** Where passages of a fixed length stand in a text: by hash, in arrays of numbers, so that a million of them cost some MB. */

export class PassageIndex {
  readonly #size: number;
  /** Bits of a bucket's number. */
  readonly #bits: number;
  /** Places by bucket, each bucket in ascending order; where a bucket begins in that. */
  readonly #places: Uint32Array;
  readonly #starts: Uint32Array;

  /** `size`: characters of a passage. */
  constructor(text: string, size: number) {
    this.#size = size;
    const hashes = hashesOf(text, size);
    this.#bits = Math.max(4, Math.min(20, Math.ceil(Math.log2(hashes.length + 1))));
    this.#starts = new Uint32Array(2 ** this.#bits + 1);
    for (const hash of hashes) add(this.#starts, this.#bucket(hash) + 1, 1);
    for (let i = 1; i < this.#starts.length; i += 1) add(this.#starts, i, numberAt(this.#starts, i - 1));
    this.#places = new Uint32Array(hashes.length);
    const filled = this.#starts.slice();
    hashes.forEach((hash, at) => {
      const bucket = this.#bucket(hash);
      this.#places[numberAt(filled, bucket)] = at;
      add(filled, bucket, 1);
    });
  }

  /**
   * For a place in `message`: where its passage may stand in the text, those from `next` on first, then those before. Some stand there by
   * their hash alone.
   */
  placesIn(message: string): (at: number, next: number) => Iterable<number> {
    const hashes = hashesOf(message, this.#size);
    return (at, next) => this.#from(this.#bucket(numberAt(hashes, at)), next);
  }

  *#from(bucket: number, next: number): Iterable<number> {
    const start = numberAt(this.#starts, bucket);
    const end = numberAt(this.#starts, bucket + 1);
    let low = start;
    for (let high = end; low < high;) {
      const middle = (low + high) >>> 1;
      if (numberAt(this.#places, middle) < next) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < end; i += 1) yield numberAt(this.#places, i);
    for (let i = start; i < low; i += 1) yield numberAt(this.#places, i);
  }

  #bucket(hash: number): number {
    return Math.imul(hash, 0x9e3779b1) >>> (32 - this.#bits);
  }
}

function numberAt(numbers: Uint32Array, i: number): number {
  return numbers[i] ?? 0;
}

function add(numbers: Uint32Array, i: number, more: number): void {
  numbers[i] = numberAt(numbers, i) + more;
}

const BASE = 0x01000193;

/** A rolling hash of every passage. */
function hashesOf(text: string, size: number): Uint32Array {
  const hashes = new Uint32Array(Math.max(0, text.length - size + 1));
  let leaving = 1;
  for (let i = 0; i < size; i += 1) leaving = Math.imul(leaving, BASE);
  let hash = 0;
  for (let i = 0; i < text.length; i += 1) {
    hash = (Math.imul(hash, BASE) + text.charCodeAt(i)) | 0;
    if (i >= size) hash = (hash - Math.imul(leaving, text.charCodeAt(i - size))) | 0;
    if (i >= size - 1) hashes[i - size + 1] = hash;
  }
  return hashes;
}
