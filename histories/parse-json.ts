/** The smallest readers of JSON that some version of Braid wrote: a whole value or its absence, never an error. */
import { isJsonObject, type Json, type JsonObject } from '../protocol/json.ts';

export function object(json: Json | undefined): JsonObject {
  return isJsonObject(json) ? json : {};
}

export function text(json: Json | undefined): string | null {
  return typeof json === 'string' ? json : null;
}

export function count(json: Json | undefined): number {
  return typeof json === 'number' && Number.isFinite(json) && json > 0 ? json : 0;
}

export function cap(json: Json | undefined): number | null {
  return typeof json === 'number' && Number.isFinite(json) ? json : null;
}

export function list(json: Json | undefined): Json[] {
  return Array.isArray(json) ? json : [];
}
