/** Written by `npm run build:sandbox`: SHA-256 of the metered engine and of the prelude in it. A run replays only on the same. */
export const ENGINE_HASH = '4d2216201e20e1c7455cda8e48f1a744b509799fca71e01e22bc1299897cfa50';

/** SHA-256 of the engine's wasm alone (544014 bytes, 1079 loops and 1321 functions metered). */
export const WASM_HASH = '8a7359efcf69d44a87efff268f6f025c1ff904580b8057dec3d7bf4aee6af04c';
