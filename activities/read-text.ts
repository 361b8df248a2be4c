/** Reads texts that requests and finals refer to, for code that may not block. */
import { isTextRef, type ContextManifest, type PromptText, type TextRef } from '../protocol/context.ts';
import { BraidError } from '../protocol/errors.ts';
import { STORE } from '../protocol/limits.ts';
import type { Store } from '../store/blobs.ts';
import { getManifest } from '../store/contexts/manifest.ts';

/** Characters of a text in the store. Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT, BRAID_STORE. */
export type ReadText = (ref: TextRef) => Promise<string>;

const MANIFESTS = 64;

/** The prompts of a batch are slices of the same few chunks, so these are kept decoded, up to {@link STORE.cacheBytes}. */
export function createReadText(store: Store): ReadText {
  const manifests = new Recent<ContextManifest>(MANIFESTS, () => 1);
  const chunks = new Recent<string>(STORE.cacheBytes, (text) => text.length * 2);
  return async ({ manifest, part: number, start, end }) => {
    const { parts } = await manifests.get(manifest, () => getManifest(store, manifest));
    const part = parts[number];
    if (part === undefined || end > part.length || start > end) throw missing(manifest, number, start, end);
    const pieces: Promise<string>[] = [];
    let at = 0;
    for (const { ref, length } of part.chunks) {
      const [from, to] = [Math.max(start, at) - at, Math.min(end, at + length) - at];
      if (from < to) pieces.push(chunks.get(ref, () => decoded(store, ref)).then((text) => text.slice(from, to)));
      at += length;
    }
    return (await Promise.all(pieces)).join('');
  };
}

/** All of a prompt's characters. Errors: those of `read`. */
export async function readPrompt(text: PromptText, read: ReadText): Promise<string> {
  if (typeof text === 'string') return text;
  const pieces = await Promise.all(text.map(async (piece) => (isTextRef(piece) ? read(piece) : piece)));
  return pieces.join('');
}

/** Characters of a prompt, without reading it. */
export function promptLength(text: PromptText): number {
  if (typeof text === 'string') return text.length;
  return text.reduce((sum, piece) => sum + (typeof piece === 'string' ? piece.length : piece.end - piece.start), 0);
}

async function decoded(store: Store, ref: string): Promise<string> {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await store.get(ref));
}

function missing(manifest: string, part: number, start: number, end: number): BraidError {
  return new BraidError(
    'BRAID_BLOB_MISSING',
    `Context ${manifest} has no characters ${start} to ${end} of text ${part}.`,
  );
}

/** The values asked for last, up to a total size. Those who ask for one that is being made wait for it. */
class Recent<T> {
  readonly #capacity: number;
  readonly #sizeOf: (value: T) => number;
  readonly #kept = new Map<string, { value: Promise<T>; size: number }>();
  #size = 0;

  constructor(capacity: number, sizeOf: (value: T) => number) {
    this.#capacity = capacity;
    this.#sizeOf = sizeOf;
  }

  get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.value;
    }
    const entry = { value: make(), size: 0 };
    this.#kept.set(key, entry);
    entry.value.then(
      (value) => this.#weigh(key, entry, this.#sizeOf(value)),
      () => this.#drop(key, entry),
    );
    return entry.value;
  }

  #weigh(key: string, entry: { size: number }, size: number): void {
    if (this.#kept.get(key) !== entry) return;
    entry.size = size;
    this.#size += size;
    for (const [oldest, each] of this.#kept) {
      if (this.#size <= this.#capacity) break;
      this.#drop(oldest, each);
    }
  }

  #drop(key: string, entry: { size: number }): void {
    if (this.#kept.get(key) !== entry) return;
    this.#kept.delete(key);
    this.#size -= entry.size;
  }
}
