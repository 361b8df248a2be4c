import type { LoadedDataConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { Json } from '../protocol/json.ts';
import { isBraidError } from '../protocol/errors.ts';

export type Payloads = temporal.api.common.v1.IPayloads | null | undefined;

/**
 * Reads payloads for views. A payload that cannot be read here (its blob lies in another store, an unknown encoding) becomes
 * null with one notice per cause: a view with a hole beats no view.
 */
export class PayloadReader {
  readonly #converter: LoadedDataConverter;
  readonly #notices = new Set<string>();

  constructor(converter: LoadedDataConverter) {
    this.#converter = converter;
  }

  /** The value at `index`, as JSON; null when there is none. Other payloads of the list are not touched. */
  async at(payloads: Payloads, index: number): Promise<Json> {
    const payload = payloads?.payloads?.[index];
    if (payload === null || payload === undefined) return null;
    try {
      if (isPlainJson(payload.metadata)) return toJson(JSON.parse(UTF8.decode(payload.data ?? EMPTY)));
      let decoded = [payload];
      for (const codec of this.#converter.payloadCodecs.toReversed()) decoded = await codec.decode(decoded);
      const [first] = decoded;
      return first === undefined ? null : toJson(this.#converter.payloadConverter.fromPayload(first));
    } catch (error) {
      this.#notices.add(noticeOf(error));
      return null;
    }
  }

  get notices(): string[] {
    return [...this.#notices];
  }
}

const UTF8 = new TextDecoder();
const EMPTY = new Uint8Array();
const PLAIN_JSON = new TextEncoder().encode('json/plain');

/** Most payloads by far. A codec gives what it wraps another encoding, so there is nothing to ask it for these. */
function isPlainJson(metadata: { [name: string]: Uint8Array } | null | undefined): boolean {
  const encoding = metadata?.['encoding'];
  return encoding?.length === PLAIN_JSON.length && PLAIN_JSON.every((byte, i) => encoding[i] === byte);
}

/** The JSON converter gives `unknown`, and binary payloads give bytes: only what JSON can say goes on. */
function toJson(value: unknown): Json {
  if (value === undefined || value instanceof Uint8Array) return null;
  return value as Json;
}

function noticeOf(error: unknown): string {
  if (isBraidError(error, 'BRAID_BLOB_MISSING')) {
    return 'some values are not in this store, so parts of this view are empty; set BRAID_HOME to the store of the run';
  }
  return `some values could not be read: ${error instanceof Error ? error.message : String(error)}`;
}
