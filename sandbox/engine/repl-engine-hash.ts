/** Written by `npm run build:sandbox`: as ENGINE_HASH, for the REPL. Its snapshots and journals hold for the same only. */
export const REPL_ENGINE_HASH = '69359fe4ea68e91d73d89e133f1a61b5f48a0785caa1283a62ffc8e1243e4030';
