/** Texts that cells pass on as contexts: nothing of them is copied, at most their ends are read (RL-24, RL-43). */
import { setImmediate } from 'node:timers/promises';
import type { ContextManifest, ContextRef, TextRef } from '../../protocol/context.ts';
import { getManifest, putManifest } from '../../store/contexts/manifest.ts';
import { contextRefOfPieces, openText, type StoredText } from '../../store/contexts/reader.ts';
import { contextRefOf } from '../../store/contexts/refs.ts';
import { createLimiter } from '../../store/limiter.ts';
import type { SharedContext } from '../../store/contexts/shared.ts';
import type { TextDesk } from './session-texts.ts';

export type Piece = TextRef & { name: string };

/** More pieces than this are listed in the store, not in the reference, where that needs no reading: whole parts have their chunks. */
const LISTED = 16;

/** The contexts of one step. What it opens is kept until `release`: the items of a batch are slices of the same few texts. */
export class PieceDesk {
  readonly #desk: TextDesk;
  readonly #shared = new Map<string, Promise<SharedContext>>();
  readonly #opened = new Map<string, StoredText>();
  readonly #oneByOne = createLimiter(1);

  constructor(desk: TextDesk) {
    this.#desk = desk;
  }

  /** Errors: those of the store, BRAID_CONTEXT_TOO_LARGE. */
  async contextOf(pieces: Piece[]): Promise<ContextRef> {
    const { store } = this.#desk;
    if (pieces.length > LISTED) {
      const whole = await this.#wholeParts(pieces);
      if (whole !== null) return contextRefOf(store, await putManifest(store, whole));
    }
    const held = new Map<string, SharedContext>();
    for (const { manifest } of pieces) if (!held.has(manifest)) held.set(manifest, await this.#acquire(manifest));
    // Counting the lines of a large slice takes milliseconds, and other sessions wait for this thread.
    return this.#oneByOne(async () => {
      await setImmediate();
      return contextRefOfPieces(pieces, (manifest, part) => this.#open(held, manifest, part));
    });
  }

  #open(held: ReadonlyMap<string, SharedContext>, manifest: string, part: number): StoredText {
    const key = `${manifest}/${part}`;
    const shared = held.get(manifest);
    if (shared === undefined) throw new Error(`no context ${manifest}`);
    const text = this.#opened.get(key) ?? openText(shared, part, this.#desk.store.home);
    this.#opened.set(key, text);
    return text;
  }

  release(): void {
    for (const [hash, asked] of this.#shared) {
      asked.then(
        () => this.#desk.shares.release(hash),
        () => undefined,
      );
    }
    this.#shared.clear();
  }

  #acquire(hash: string): Promise<SharedContext> {
    const asked = this.#shared.get(hash) ?? this.#desk.shares.acquire(hash);
    this.#shared.set(hash, asked);
    return asked;
  }

  /** The pieces as a manifest of their own; null when one of them is no whole part. */
  async #wholeParts(pieces: readonly Piece[]): Promise<ContextManifest | null> {
    const hashes = [...new Set(pieces.map(({ manifest }) => manifest))];
    const known = new Map<string, ContextManifest>();
    for (const hash of hashes) known.set(hash, await getManifest(this.#desk.store, hash));
    const parts = pieces.map(({ manifest, part, start, end, name }) => {
      const found = known.get(manifest)?.parts[part];
      return found !== undefined && start === 0 && end === found.length ? { ...found, name } : null;
    });
    return parts.every((part) => part !== null) ? { v: 1, kind: 'files', parts } : null;
  }
}
