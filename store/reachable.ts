/**
 * Which blobs a blob leads to. Payloads, journals and manifests name others by their hashes, as text: every 64 hex digits in them that
 * are the name of a blob count as a reference. That may keep too much (a prompt that quotes a hash), never too little.
 */
import { createReadStream } from 'node:fs';
import { BraidError, isBraidError } from '../protocol/errors.ts';
import { STORE } from '../protocol/limits.ts';
import type { Store } from './blobs.ts';
import { hasCode } from './disk.ts';

const REF = /[0-9a-f]{64}/g;
/** How manifests begin (contexts/manifest.ts, workspace-manifest.ts): what they name is content, and leads nowhere. */
const MANIFESTS = ['{"v":1,"kind":', '{"version":1,"git":'];
/** How overlays begin (overlays.ts): the first that they name is the manifest below them, all others are content. */
const OVERLAY = '{"version":1,"snapshot":';

/** The references in a text or in bytes, whether or not there are such blobs. */
function refsIn(content: Uint8Array | string): string[] {
  const text =
    typeof content === 'string'
      ? content
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  return [...new Set(text.match(REF) ?? [])];
}

/** The same of a file that may be too large to be read whole. Errors: BRAID_STORE. */
export async function* refsInFile(file: string): AsyncGenerator<string, void, undefined> {
  let rest = '';
  try {
    for await (const block of createReadStream(file, { encoding: 'latin1' })) {
      const text = rest + String(block);
      yield* refsIn(text);
      // One that begins here may end in the next block.
      rest = text.slice(-63);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw new BraidError('BRAID_STORE', `The store failed at ${file}: ${String(error)}.`, { cause: error });
  }
}

/**
 * All blobs that can be reached from `refs`, those included, as far as they are in the store. What is damaged is passed over: it
 * leads nowhere. Errors: BRAID_STORE.
 */
export async function reachable(store: Store, refs: Iterable<string>): Promise<Set<string>> {
  const reached = new Set<string>();
  const asked = new Set<string>(refs);
  let wave = [...asked];
  while (wave.length > 0) {
    const named: string[][] = [];
    for (let from = 0; from < wave.length; from += STORE.parallelWrites) {
      const some = wave.slice(from, from + STORE.parallelWrites);
      named.push(...(await Promise.all(some.map((ref) => step(store, ref, reached)))));
    }
    wave = [...new Set(named.flat())].filter((ref) => !asked.has(ref));
    for (const ref of wave) asked.add(ref);
  }
  return reached;
}

/** What one blob names that is to be looked into. */
async function step(store: Store, ref: string, reached: Set<string>): Promise<string[]> {
  const content = await read(store, ref);
  if (content === null) return [];
  reached.add(ref);
  const named = refsIn(content);
  const overlay = beginsWith(content, OVERLAY);
  if (!overlay && !MANIFESTS.some((manifest) => beginsWith(content, manifest))) return named;
  const { disk } = store;
  const inner = overlay ? named.slice(0, 1) : [];
  for (const leaf of named.slice(inner.length)) {
    if (reached.has(leaf)) continue;
    // Not `has`: looking makes nothing young.
    if ((await disk.size(disk.at('blobs', leaf.slice(0, 2), leaf.slice(2)))) !== undefined) reached.add(leaf);
  }
  return inner;
}

function beginsWith(content: Uint8Array, start: string): boolean {
  return Buffer.from(content.buffer, content.byteOffset, Math.min(content.byteLength, start.length)).equals(
    Buffer.from(start),
  );
}

async function read(store: Store, ref: string): Promise<Uint8Array | null> {
  try {
    return await store.get(ref);
  } catch (error) {
    if (isBraidError(error, 'BRAID_BLOB_MISSING') || isBraidError(error, 'BRAID_BLOB_CORRUPT')) return null;
    throw error;
  }
}
