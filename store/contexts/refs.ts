/** References to stored contexts and texts: what crosses borders instead of them. */
import type { ContextKind, ContextManifest, ContextPart, ContextRef, TextRef } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import { CONTEXT } from '../../protocol/limits.ts';
import type { Store } from '../blobs.ts';
import { ingestText, ingestTexts, type TextOptions } from './ingest.ts';
import { getManifest, putManifest } from './manifest.ts';
import { wholeCharacters } from './preview.ts';

/** Stores parts as one context. Errors: BRAID_CONTEXT_UNREADABLE when all of it is empty, BRAID_CONTEXT_TOO_LARGE, BRAID_STORE. */
export async function putContext(
  store: Store,
  kind: ContextKind,
  parts: ContextPart[],
  shown: string,
): Promise<ContextRef> {
  if (parts.every((part) => part.length === 0)) throw emptyContext(shown);
  return contextRefOf(store, await putManifest(store, { v: 1, kind, parts }));
}

export function emptyContext(shown: string): BraidError {
  return new BraidError('BRAID_CONTEXT_UNREADABLE', `The context ${shown} is empty.`, {
    fix: 'Give a context with text in it, or none.',
  });
}

/** The reference to a stored manifest, with its preview. Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT. */
export async function contextRefOf(store: Store, hash: string): Promise<ContextRef> {
  const manifest = await getManifest(store, hash);
  const { kind, parts } = manifest;
  const total = (member: 'length' | 'bytes' | 'lines') => parts.reduce((sum, part) => sum + part[member], 0);
  const length = total('length');
  const head = await startOf(store, parts[0], CONTEXT.previewHead);
  const rest = parts.length > 1 ? (parts.at(-1)?.length ?? 0) : length - head.length;
  return {
    kind,
    of: { manifest: hash },
    parts: parts.length,
    length,
    bytes: total('bytes'),
    lines: total('lines'),
    names: parts.slice(0, CONTEXT.previewNames).map((part) => ({ name: part.name, length: part.length })),
    head,
    tail: await endOf(store, parts.at(-1), Math.min(CONTEXT.previewTail, rest)),
  };
}

/**
 * A context of a value: a string becomes a text; anything else JSON, which cells see parsed up to {@link CONTEXT.jsonChars} and
 * as text above. Errors: BRAID_CONTEXT_UNREADABLE for an empty string, BRAID_CONTEXT_TOO_LARGE, BRAID_STORE.
 */
export async function contextOfValue(store: Store, value: Json): Promise<ContextRef> {
  if (typeof value === 'string') return putContext(store, 'text', [await ingestText(store, value)], '""');
  const text = JSON.stringify(value);
  const part = await ingestText(store, text, { format: 'json' });
  return putContext(store, text.length <= CONTEXT.jsonChars ? 'json' : 'text', [part], 'value');
}

/** Stores one text and refers to all of it. */
export async function textRefOf(store: Store, text: string, options: TextOptions = {}): Promise<TextRef> {
  const manifest: ContextManifest = { v: 1, kind: 'text', parts: [await ingestText(store, text, options)] };
  return { manifest: await putManifest(store, manifest), part: 0, start: 0, end: text.length };
}

/**
 * Stores many texts as one part and refers to each: a batch of 10,000 prompts must not become 10,000 files. What a ref names
 * depends on its neighbours, too, so a text that is spilled twice may have two refs.
 */
export async function spillTexts(store: Store, texts: readonly string[]): Promise<TextRef[]> {
  if (texts.length === 0) return [];
  // Two halves of a pair in neighbouring texts would become one character in the store.
  const whole = texts.map((text) => text.toWellFormed());
  const part = await ingestTexts(store, whole);
  const manifest = await putManifest(store, { v: 1, kind: 'text', parts: [part] });
  let at = 0;
  return whole.map((text) => {
    const start = at;
    at += text.length;
    return { manifest, part: 0, start, end: at };
  });
}

async function startOf(store: Store, part: ContextPart | undefined, chars: number): Promise<string> {
  let text = '';
  for (const chunk of part?.chunks ?? []) {
    if (text.length >= chars) break;
    // Three bytes hold any unit; what they may hold too much is cut.
    text += decode((await store.get(chunk.ref)).subarray(0, (chars - text.length) * 3 + 4));
  }
  return wholeCharacters(text.slice(0, chars));
}

async function endOf(store: Store, part: ContextPart | undefined, chars: number): Promise<string> {
  if (chars === 0) return '';
  let text = '';
  for (const chunk of (part?.chunks ?? []).toReversed()) {
    if (text.length >= chars) break;
    const bytes = await store.get(chunk.ref);
    let from = Math.max(0, bytes.byteLength - ((chars - text.length) * 3 + 4));
    while (from > 0 && from < bytes.byteLength && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
    text = decode(bytes.subarray(from)) + text;
  }
  return wholeCharacters(text.slice(-chars));
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
