/** Written by `npm run build:sandbox`: SHA-256 of the metered engine and the prelude. A run replays only on the same. */
export const ENGINE_HASH = 'a402fedd8ffeff3985c3e7000451d19bd0a5a508fa1ea59409a3c5fa43e90da8';

/** SHA-256 of the engine's wasm alone (544014 bytes, 1079 loops and 1321 functions metered). */
export const WASM_HASH = '8a7359efcf69d44a87efff268f6f025c1ff904580b8057dec3d7bf4aee6af04c';
