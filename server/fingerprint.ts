import { readFileSync } from 'node:fs';
import { hashJson } from '../protocol/hash.ts';
import { providerFingerprint } from '../protocol/provider-env.ts';

/**
 * What a worker is started with, as a hash to compare: provider settings and the build. A background worker of another build
 * or with other settings is replaced by `braid run`. The values cannot be read from it.
 */
export function workerFingerprint(env: Readonly<Record<string, string | undefined>>): string {
  return hashJson([providerFingerprint(env), buildStamp()]);
}

/** `npm run build` leaves it in dist/; sources that run as they are have none. */
function buildStamp(): string {
  try {
    return readFileSync(new URL('../.built', import.meta.url), 'utf8');
  } catch {
    return 'sources';
  }
}
