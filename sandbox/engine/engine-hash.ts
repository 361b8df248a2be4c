/** Written by `npm run build:sandbox`: SHA-256 of the metered engine and the prelude. A run replays only on the same. */
export const ENGINE_HASH = '6a6fdb26753bb00f718c9dfbe801b4e41ee8fac92153aa6098ea709af1159f32';

/** SHA-256 of the engine's wasm alone (544014 bytes, 1079 loops and 1321 functions metered). */
export const WASM_HASH = '8a7359efcf69d44a87efff268f6f025c1ff904580b8057dec3d7bf4aee6af04c';
