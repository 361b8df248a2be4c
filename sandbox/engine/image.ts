import { decodeBase64 } from './base64.ts';
import { ENGINE_HASH } from './engine-hash.ts';
import type { Pointer } from './exports.ts';
import { addresses, memory } from './generated/script-image.js';
import { KEPT_SCRIPTS } from './kept/scripts.ts';
import type { StoredImage } from './stored-image.ts';

/** An engine's memory at rest, with the prelude in it. */
export interface EngineImage {
  runtime: Pointer;
  context: Pointer;
  /** The value of the prelude's first function. */
  start: Pointer;
  /** Runs of what is not zero: [u32 address, u32 length, bytes]. */
  memory: Uint8Array;
  /** Where the engine's own stack lies; nothing in it counts between calls. */
  stack?: { start: number; end: number };
  /** Of scripts: 2 when the prelude knows `budget.calls`, `.usd` and `.time`; absent before. What it does not know it is not sent. */
  wire?: number;
}

const decoded = new Map<string, EngineImage>();

/** Whether runs that began on the engine of that hash go on in this build. */
export function hasScriptEngine(hash: string): boolean {
  return stored(hash) !== undefined;
}

/** The guest of a script, of this build or an earlier one. Decoded once for all workflows of a worker: see wasm-module.ts. */
export function scriptImage(hash: string): EngineImage {
  const image = decoded.get(hash) ?? decodeImage(stored(hash), hash);
  decoded.set(hash, image);
  return image;
}

export function decodeImage(image: StoredImage | undefined, hash: string): EngineImage {
  if (image === undefined) throw new RangeError(`there is no engine ${hash.slice(0, 12)}`);
  return { ...image.addresses, memory: decodeBase64(image.memory) };
}

function stored(hash: string): StoredImage | undefined {
  if (hash === ENGINE_HASH) return { addresses, memory };
  const name = hash.slice(0, 12);
  return Object.hasOwn(KEPT_SCRIPTS, name) ? KEPT_SCRIPTS[name] : undefined;
}

// When the module is preloaded, not in the first workflow.
scriptImage(ENGINE_HASH);
