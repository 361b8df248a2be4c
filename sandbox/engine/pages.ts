/**
 * The pages of an engine's memory that differ from its image.
 *
 *  G1  Added by XOR to a fresh engine's memory of the same size they give the same bytes everywhere but in the engine's stack,
 *      in which nothing counts between calls. As differences they compress to a third.
 *  G2  Found by comparing words, without a copy of the whole memory: most pages are zero in both and cost a few microseconds.
 */
import type { EngineImage } from './image.ts';

const PAGE = 4096;
const WORDS = PAGE / 4;

export interface SavedMemory {
  /** Size of the whole memory. */
  memoryBytes: number;
  /** Numbers of the pages, ascending. */
  numbers: Uint32Array;
  /** Their bytes, in the same order, each XOR that of the image. */
  bytes: Uint8Array;
}

/** An image's memory from its first to its last byte; all else is zero. */
interface Baseline {
  firstPage: number;
  words: Int32Array;
  /** Pages [from, to) of the stack. */
  stack: { from: number; to: number };
}

const baselines = new WeakMap<EngineImage, Baseline>();

export function baselineOf(image: EngineImage): Baseline {
  const known = baselines.get(image);
  if (known !== undefined) return known;
  const { start, end } = rangeOf(image.memory);
  const firstPage = Math.floor(start / PAGE);
  const bytes = new Uint8Array((Math.ceil(end / PAGE) - firstPage) * PAGE);
  unpack(image.memory, bytes, -firstPage * PAGE);
  const { start: low, end: high } = image.stack ?? { start: 0, end: 0 };
  // Pages that the stack shares with something else are compared like any other.
  const stack = { from: Math.ceil(low / PAGE), to: Math.floor(high / PAGE) };
  const baseline = { firstPage, words: new Int32Array(bytes.buffer), stack };
  baselines.set(image, baseline);
  return baseline;
}

export function changedPages(memory: ArrayBuffer, { firstPage, words, stack }: Baseline): SavedMemory {
  const now = new Int32Array(memory);
  const numbers: number[] = [];
  const lastPage = firstPage + words.length / WORDS;
  for (let page = 0; page < now.length / WORDS; page++) {
    if (page >= stack.from && page < stack.to) continue;
    const known = page >= firstPage && page < lastPage;
    const same = known ? equal(now, page * WORDS, words, (page - firstPage) * WORDS) : zero(now, page * WORDS);
    if (!same) numbers.push(page);
  }
  const bytes = new Int32Array(numbers.length * WORDS);
  numbers.forEach((page, i) => {
    const at = i * WORDS;
    bytes.set(now.subarray(page * WORDS, (page + 1) * WORDS), at);
    if (page < firstPage || page >= lastPage) return;
    const before = (page - firstPage) * WORDS;
    for (let word = 0; word < WORDS; word++) bytes[at + word] = (bytes[at + word] ?? 0) ^ (words[before + word] ?? 0);
  });
  return { memoryBytes: memory.byteLength, numbers: Uint32Array.from(numbers), bytes: new Uint8Array(bytes.buffer) };
}

/** Onto a memory that holds the image and nothing else. */
export function addPages({ numbers, bytes }: SavedMemory, memory: ArrayBuffer): void {
  const all = new Int32Array(memory);
  // A copy, because theirs may begin at any address.
  const words = new Int32Array(bytes.slice().buffer);
  numbers.forEach((page, i) => {
    const from = i * WORDS;
    const to = page * WORDS;
    for (let word = 0; word < WORDS; word++) all[to + word] = (all[to + word] ?? 0) ^ (words[from + word] ?? 0);
  });
}

/** Copies an image's runs; `shift` is added to their addresses. */
export function unpack(packed: Uint8Array, into: Uint8Array, shift: number): void {
  eachRun(packed, (address, run) => into.set(run, address + shift));
}

function rangeOf(packed: Uint8Array): { start: number; end: number } {
  let start = Infinity;
  let end = 0;
  eachRun(packed, (address, run) => {
    start = Math.min(start, address);
    end = Math.max(end, address + run.length);
  });
  return { start: end === 0 ? 0 : start, end };
}

function eachRun(packed: Uint8Array, visit: (address: number, run: Uint8Array) => void): void {
  const heads = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at < packed.length;) {
    const end = at + 8 + heads.getUint32(at + 4, true);
    visit(heads.getUint32(at, true), packed.subarray(at + 8, end));
    at = end;
  }
}

function equal(a: Int32Array, from: number, b: Int32Array, start: number): boolean {
  for (let i = 0; i < WORDS; i++) if (a[from + i] !== b[start + i]) return false;
  return true;
}

/** Eight words at a time: most of a memory is zero, and a session's first snapshot runs in cold code. */
function zero(w: Int32Array, from: number): boolean {
  for (let i = from, end = from + WORDS; i < end; i += 8) {
    // oxlint-disable-next-line typescript/no-non-null-assertion -- inside of the array, in the hottest loop
    if ((w[i]! | w[i + 1]! | w[i + 2]! | w[i + 3]! | w[i + 4]! | w[i + 5]! | w[i + 6]! | w[i + 7]!) !== 0) return false;
  }
  return true;
}
