export { openRepl } from './repl.ts';
export { REPL_ENGINE_HASH } from '../engine/repl-engine-hash.ts';
export type * from './types.ts';
