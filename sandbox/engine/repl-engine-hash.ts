/** Written by `npm run build:sandbox`: as ENGINE_HASH, for the REPL. Its snapshots and journals hold for the same only. */
export const REPL_ENGINE_HASH = '38015b7cf20737c04decd0266116295a2e7e028b8a553dd39df6d41d925f6680';
