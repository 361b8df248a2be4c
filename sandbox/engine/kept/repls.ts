import type { StoredImage } from '../stored-image.ts';
import * as c2237fdbb101 from './repl-c2237fdbb101.js';
import * as r38015b7cf207 from './repl-38015b7cf207.js';

/** Engines of earlier builds for the REPL, by the first 12 digits of their hashes. Their files come from `node scripts/build-sandbox.mjs --keep`. */
export const KEPT_REPLS: { readonly [hash: string]: StoredImage } = { c2237fdbb101, '38015b7cf207': r38015b7cf207 };
