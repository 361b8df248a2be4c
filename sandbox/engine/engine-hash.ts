/** Written by `npm run build:sandbox`: SHA-256 of the metered engine and the prelude. A run replays only on the same. */
export const ENGINE_HASH = '6b163814231c1ae8ceae26e311b71bd14bb752e6bf1655e879ec63ba9104daec';

/** SHA-256 of the engine's wasm alone (522824 bytes, 1079 loops metered). */
export const WASM_HASH = '59634608cfd643ec01349385851136f4c4a18b0610d416e07c970ec9bdd5f0de';
