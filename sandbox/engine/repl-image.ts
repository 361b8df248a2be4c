import { addresses, memory } from './generated/repl-image.js';
import { decodeImage, type EngineImage } from './image.ts';
import { KEPT_REPLS } from './kept/repls.ts';
import { REPL_ENGINE_HASH } from './repl-engine-hash.ts';
import type { StoredImage } from './stored-image.ts';

const decoded = new Map<string, EngineImage>();

/** Whether sessions that began on the engine of that hash go on in this build. */
export function hasReplEngine(hash: string): boolean {
  return stored(hash) !== undefined;
}

/** The guest of an RLM's REPL, of this build or an earlier one. Only threads of activities load it. */
export function replImage(hash: string): EngineImage {
  const image = decoded.get(hash) ?? decodeImage(stored(hash), hash);
  decoded.set(hash, image);
  return image;
}

function stored(hash: string): StoredImage | undefined {
  if (hash === REPL_ENGINE_HASH) return { addresses, memory };
  const name = hash.slice(0, 12);
  return Object.hasOwn(KEPT_REPLS, name) ? KEPT_REPLS[name] : undefined;
}
