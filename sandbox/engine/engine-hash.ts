/** Written by `npm run build:sandbox`: SHA-256 of the metered engine and of the prelude in it. A run replays only on the same. */
export const ENGINE_HASH = 'a162b5c69f4bf76e3accb0a5bcc22d7989a6c0fc2c349641be3372e4ad28323d';

/** SHA-256 of the engine's wasm alone (544014 bytes, 1079 loops and 1321 functions metered). */
export const WASM_HASH = '8a7359efcf69d44a87efff268f6f025c1ff904580b8057dec3d7bf4aee6af04c';
