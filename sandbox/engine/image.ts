import { decodeBase64 } from './base64.ts';
import type { Pointer } from './exports.ts';
import { addresses, memory } from './generated/script-image.js';

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
}

/** The guest of a script. Stands alone for the same reason as wasm-module.ts: to be preloaded. */
export const scriptImage: EngineImage = { ...addresses, memory: decodeBase64(memory) };
