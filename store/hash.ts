/** SHA-256 on the host: the same digests as protocol/hash.ts, by native code. */
import { createHash } from 'node:crypto';

/** 64 hex digits; a text is hashed as UTF-8. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
