/** Written by `npm run build:sandbox`: SHA-256 of the metered engine and the prelude. A run replays only on the same. */
export const ENGINE_HASH = '1f96c5c6fc614cc5bf6ef293ce9fc1eaa077caafce42b431ae650f4cbd7013a5';

/** SHA-256 of the engine's wasm alone (544014 bytes, 1079 loops and 1321 functions metered). */
export const WASM_HASH = '8a7359efcf69d44a87efff268f6f025c1ff904580b8057dec3d7bf4aee6af04c';
