import { decodeBase64 } from './base64.ts';
import { addresses, memory } from './generated/repl-image.js';
import type { EngineImage } from './image.ts';

/** The guest of an RLM's REPL. Only threads of activities load it. */
export const replImage: EngineImage = { ...addresses, memory: decodeBase64(memory) };
