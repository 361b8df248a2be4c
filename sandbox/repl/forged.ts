import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';

/** A message that the prelude never sends: the guest has got hold of the border. */
export function forged(what: string, cause?: unknown): BraidError {
  const message = `A message at the border of the REPL ${what}: a cell must have forged it.`;
  return new BraidError('BRAID_SANDBOX_PROTOCOL', message, { cause });
}

export function textIn(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== 'string') throw forged(`has no text ${key}`);
  return value;
}

export function objectIn(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  if (!isJsonObject(value)) throw forged(`has no object ${key}`);
  return value;
}

export function listIn(object: JsonObject, key: string): Json[] {
  const value = object[key];
  if (!Array.isArray(value)) throw forged(`has no list ${key}`);
  return value;
}

export function countIn(value: Json | undefined): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw forged('has no number where one belongs');
  return Number(value);
}
