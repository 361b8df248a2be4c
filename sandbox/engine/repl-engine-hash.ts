/** Written by `npm run build:sandbox`: as ENGINE_HASH, for the REPL. Its snapshots and journals hold for the same only. */
export const REPL_ENGINE_HASH = 'a76e56b039bf3e40058a888068e27a1313005b421c89108f4f50f90c823af4b5';
