/** The context of a recursive language model as the `args` of the script that its cells became (client/export/script-preamble.ts). */
import { isTextRef, type TextRef } from '../../protocol/context.ts';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { SAVED } from '../../protocol/limits.ts';
import { cap, list, object, text } from '../../histories/parse-json.ts';
import type { Store } from '../../store/blobs.ts';
import { getManifest } from '../../store/contexts/manifest.ts';
import { largeText } from '../large-value.ts';

/** `args`, or why there are none. */
export type ContextArgs = { args: JsonObject } | { problem: string };

/** `context` as it stands in the run's input. Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT. */
export async function argsOfContext(store: Store, context: Json): Promise<ContextArgs> {
  if (context === null) return { args: {} };
  const { kind, of, length } = object(context);
  const chars = cap(length) ?? Infinity;
  if (chars > SAVED.contextChars) {
    return {
      problem: `its context has ${chars.toLocaleString('en')} characters, and ${SAVED.contextChars.toLocaleString('en')} are kept`,
    };
  }
  const texts: { name: string; text: string }[] = [];
  for (const { name, ref } of await refsOf(store, object(of))) {
    texts.push({ name, text: await wholeText(store, ref) });
  }
  if (kind === 'files') return { args: { context: texts } };
  const whole = texts.map((one) => one.text).join('');
  return { args: { context: kind === 'json' ? (JSON.parse(whole) as Json) : whole } };
}

async function refsOf(store: Store, { manifest, pieces }: JsonObject): Promise<{ name: string; ref: TextRef }[]> {
  if (typeof manifest === 'string') {
    const { parts } = await getManifest(store, manifest);
    return parts.map(({ name, length }, part) => ({ name, ref: { manifest, part, start: 0, end: length } }));
  }
  return list(pieces).flatMap((piece) =>
    isTextRef(piece) ? [{ name: text(object(piece as Json).name) ?? 'context', ref: piece }] : [],
  );
}

async function wholeText(store: Store, ref: TextRef): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of largeText({ text: ref }, store)) pieces.push(piece);
  return pieces.join('');
}
