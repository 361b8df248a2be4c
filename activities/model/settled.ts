import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { ModelResponse } from '../../protocol/model-call.ts';
import type { Spend } from '../../protocol/outcome.ts';

type Message = Extract<ModelResponse, { kind: 'message' }>;
type RateLimited = Extract<ModelResponse, { kind: 'rateLimited' }>;

/** How a call ended that must not be asked again: an answer, or a refusal that was paid for like one. */
export type Settled =
  | { kind: 'answer'; response: Message }
  | { kind: 'refused'; message: string; usage: Spend; requests: number };

export type FlightResult = Settled | { kind: 'wait'; response: RateLimited };

const VERSION = 1;

/** The record that the store keeps under the call's id. */
export function toRecord(settled: Settled): Json {
  return { version: VERSION, settled: JSON.parse(JSON.stringify(settled)) as Json };
}

/** A record back; undefined for one of another version, so that the call is asked again rather than misread. */
export function fromRecord(record: Json | undefined): Settled | undefined {
  if (!isJsonObject(record) || record['version'] !== VERSION || !isJsonObject(record['settled'])) return undefined;
  return record['settled'] as unknown as Settled;
}
