/** Results that are too large to be in a history: their text is in the store. */
import type { TextRef } from '../protocol/context.ts';
import type { Json } from '../protocol/json.ts';
import { CONTEXT } from '../protocol/limits.ts';
import type { RunResult } from '../protocol/outcome.ts';
import type { Store } from '../store/blobs.ts';
import { getManifest } from '../store/contexts/manifest.ts';

/** The text in pieces that are whole characters. Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT. */
export async function* largeText({ text }: { text: TextRef }, store: Store): AsyncGenerator<string, void, undefined> {
  const { parts } = await getManifest(store, text.manifest);
  let at = 0;
  for (const { ref, length } of parts[text.part]?.chunks ?? []) {
    const from = Math.max(0, text.start - at);
    const to = Math.min(length, text.end - at);
    at += length;
    if (from < to) {
      const chunk = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await store.get(ref));
      yield chunk.slice(from, to);
    }
    if (at >= text.end) return;
  }
}

/** The result with its value in place, when that is small enough for one string; else it stays a reference. */
export async function withLargeValue(result: RunResult, store: Store): Promise<RunResult> {
  const { large } = result;
  if (large === undefined || large.length > CONTEXT.stringChars) return result;
  const pieces: string[] = [];
  for await (const piece of largeText(large, store)) pieces.push(piece);
  const text = pieces.join('');
  return { ...result, value: large.json ? (JSON.parse(text) as Json) : text };
}
