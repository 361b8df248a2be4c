import type { StoredImage } from '../stored-image.ts';
import * as ddd9b14bc88d from './script-ddd9b14bc88d.js';
import * as a162b5c69f4b from './script-a162b5c69f4b.js';

/** Engines of earlier builds for scripts, by the first 12 digits of their hashes. Their files come from `node scripts/build-sandbox.mjs --keep`. */
export const KEPT_SCRIPTS: { readonly [hash: string]: StoredImage } = { ddd9b14bc88d, a162b5c69f4b };
