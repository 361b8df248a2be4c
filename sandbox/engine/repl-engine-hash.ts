/** Written by `npm run build:sandbox`: as ENGINE_HASH, for the REPL. Its snapshots and journals hold for the same only. */
export const REPL_ENGINE_HASH = 'c2237fdbb101ee3b3234bb4e14a3c4b35f8055c826746be791dfe61eeb90d44d';
