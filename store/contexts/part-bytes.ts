import type { ContextChunk, ContextPart } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import { layoutOf, loadChunk, type SharedContext } from './shared.ts';

/** The chunks of one part: where each begins, and their bytes on demand. */
export class PartBytes {
  readonly part: ContextPart;
  /** Unit at which each chunk begins, and the part's length at the end. */
  readonly unitAt: readonly number[];
  /** Line feeds before each chunk, and all of them at the end. */
  readonly feedAt: readonly number[];
  readonly #shared: SharedContext;
  readonly #home: string;
  readonly #offsets: readonly number[];
  readonly #firstSlot: number;
  readonly #views: (Buffer | undefined)[] = [];

  constructor(shared: SharedContext, part: number, home: string) {
    const found = shared.manifest.parts[part];
    if (found === undefined) {
      throw new BraidError(
        'BRAID_BLOB_CORRUPT',
        `The context has ${shared.manifest.parts.length} texts, no text ${part}.`,
      );
    }
    const layout = layoutOf(shared);
    this.part = found;
    this.#shared = shared;
    this.#home = home;
    this.#firstSlot = layout.chunkAt[part] ?? 0;
    this.#offsets = sums(found.chunks, (chunk) => chunk.bytes, layout.byteAt[part]);
    this.unitAt = sums(found.chunks, (chunk) => chunk.length);
    this.feedAt = sums(found.chunks, (chunk) => chunk.feeds);
  }

  get count(): number {
    return this.part.chunks.length;
  }

  isAscii(chunk: number): boolean {
    const { bytes, length } = this.chunk(chunk);
    return bytes === length;
  }

  chunk(chunk: number): ContextChunk {
    const found = this.part.chunks[chunk];
    if (found === undefined) throw new RangeError(`no chunk ${chunk}`);
    return found;
  }

  /** A chunk's UTF-8, in shared memory: to be read only. */
  bytes(chunk: number): Buffer {
    const known = this.#views[chunk];
    if (known !== undefined) return known;
    const { ref, bytes } = this.chunk(chunk);
    const offset = this.#offsets[chunk] ?? 0;
    loadChunk(this.#shared, this.#home, { slot: this.#firstSlot + chunk, offset, ref, bytes });
    return (this.#views[chunk] = Buffer.from(this.#shared.bytes, offset, bytes));
  }

  /** UTF-8 bytes before a chunk. */
  byteAt(chunk: number): number {
    return (this.#offsets[chunk] ?? 0) - (this.#offsets[0] ?? 0);
  }

  /** The chunk that holds a unit; the last one for the end of the part. */
  chunkOf(unit: number): number {
    return Math.min(this.count - 1, lastAtOrBefore(this.unitAt, unit));
  }
}

/** Index of the last number that is not above `value`; the numbers ascend and the first is not above it. */
export function lastAtOrBefore(
  numbers: { readonly [i: number]: number; readonly length: number },
  value: number,
): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((numbers[middle] ?? Infinity) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Plain arrays: a context may have 100,000 parts of one chunk, and typed arrays are large when they are short. */
function sums(chunks: readonly ContextChunk[], of: (chunk: ContextChunk) => number, start = 0): number[] {
  const result = [start];
  let sum = start;
  for (const chunk of chunks) result.push((sum += of(chunk)));
  return result;
}
