import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from './json.ts';

/** SHA-256 as 64 hex digits. Pure JavaScript, because the workflow isolate has no crypto module. */
export function hashText(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** Whether a value could be such a hash, as which blobs are named. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** Hash of a value's canonical JSON, so member order does not matter. */
export function hashJson(value: unknown): string {
  return hashText(canonicalJson(value));
}
