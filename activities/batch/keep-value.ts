import type { Json } from '../../protocol/json.ts';
import { STORE } from '../../protocol/limits.ts';
import type { LargeValue } from '../../protocol/rlm.ts';
import type { Store } from '../../store/blobs.ts';
import { textRefOf } from '../../store/contexts/refs.ts';

/** Puts a value into the store: a text as it is, anything else as JSON. */
export async function keepValue(store: Store, value: Json): Promise<LargeValue> {
  const json = typeof value !== 'string';
  // Half a pair has no bytes of its own; in JSON it is an escape.
  const text = json ? JSON.stringify(value) : value.toWellFormed();
  return { text: await textRefOf(store, text), length: text.length, json, preview: text.slice(0, STORE.previewChars) };
}
