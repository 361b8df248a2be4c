/** Written by `npm run build:sandbox`: as ENGINE_HASH, for the REPL. Its snapshots and journals hold for the same only. */
export const REPL_ENGINE_HASH = '8ef7e1a2bbf8b8bc32cccad11f384386b0bc7c9bd3bd239bfa8721ef0f2ba32d';
