/** Manifests in the store, and the references that name them (protocol/context.ts). */
import type { ContextChunk, ContextKind, ContextManifest, ContextPart, PartFormat } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { CONTEXT } from '../../protocol/limits.ts';
import type { Store } from '../blobs.ts';

const KINDS: readonly ContextKind[] = ['text', 'files', 'json'];
const FORMATS: readonly PartFormat[] = ['text', 'markdown', 'json', 'jsonl', 'csv', 'html', 'pdf', 'docx'];

/** Keeps a manifest and returns its hash. Errors: BRAID_CONTEXT_TOO_LARGE for too many parts or bytes, BRAID_STORE. */
export async function putManifest(store: Store, manifest: ContextManifest): Promise<string> {
  const { parts } = manifest;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (parts.length > CONTEXT.parts || bytes > CONTEXT.bytes) {
    const found = `${parts.length.toLocaleString('en')} texts of ${bytes.toLocaleString('en')} bytes in all`;
    const limit = `${CONTEXT.parts.toLocaleString('en')} and ${CONTEXT.bytes.toLocaleString('en')}`;
    throw new BraidError('BRAID_CONTEXT_TOO_LARGE', `The context has ${found}; it may have ${limit}.`, {
      fix: 'Name fewer files.',
    });
  }
  return store.put(manifestText(manifest));
}

/** Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT. */
export async function getManifest(store: Store, hash: string): Promise<ContextManifest> {
  return parseManifest(await store.getText(hash), hash);
}

/** Members in one order, so that equal contexts have equal hashes (X3). */
function manifestText({ v, kind, parts }: ContextManifest): string {
  return JSON.stringify({
    v,
    kind,
    parts: parts.map(({ name, format, length, bytes, lines, chunks, marks }) => ({
      name,
      format,
      length,
      bytes,
      lines,
      chunks: chunks.map((chunk) => ({
        ref: chunk.ref,
        bytes: chunk.bytes,
        length: chunk.length,
        feeds: chunk.feeds,
      })),
      ...(marks === undefined || marks.length === 0 ? {} : { marks: marks.map(({ at, label }) => ({ at, label })) }),
    })),
  });
}

export function parseManifest(text: string, hash: string): ContextManifest {
  const value: unknown = JSON.parse(text);
  if (isJsonObject(value) && value['v'] === 1 && Array.isArray(value['parts'])) {
    const kind = KINDS.find((name) => name === value['kind']);
    const parts = value['parts'].map(parsePart);
    if (kind !== undefined && parts.every((part) => part !== null)) return { v: 1, kind, parts };
  }
  throw new BraidError('BRAID_BLOB_CORRUPT', `Blob ${hash} is no context manifest of version 1.`, {
    fix: 'Use the Braid version that started the run, or start the run again.',
  });
}

/** Null when it is no part, or one whose numbers do not fit its chunks: readers rely on them. */
export function parsePart(value: Json | undefined): ContextPart | null {
  if (!isJsonObject(value)) return null;
  const { name, format, length, bytes, lines, chunks, marks } = value;
  const known = FORMATS.find((one) => one === format);
  if (typeof name !== 'string' || known === undefined || !Array.isArray(chunks)) return null;
  if (!isCount(length) || !isCount(bytes) || !isCount(lines)) return null;
  const parsed = chunks.map(parseChunk);
  if (!parsed.every((chunk) => chunk !== null)) return null;
  const sum = (member: 'bytes' | 'length') => parsed.reduce((total, chunk) => total + chunk[member], 0);
  if (sum('bytes') !== bytes || sum('length') !== length) return null;
  const part = { name, format: known, length, bytes, lines, chunks: parsed };
  return marks === undefined ? part : { ...part, marks: Array.isArray(marks) ? marks.flatMap(parseMark) : [] };
}

function parseChunk(value: Json): ContextChunk | null {
  if (!isJsonObject(value)) return null;
  const { ref, bytes, length, feeds } = value;
  if (typeof ref !== 'string' || !isCount(bytes) || !isCount(length) || !isCount(feeds)) return null;
  return length > bytes || feeds > bytes ? null : { ref, bytes, length, feeds };
}

function parseMark(value: Json): { at: number; label: string }[] {
  if (!isJsonObject(value)) return [];
  const { at, label } = value;
  return isCount(at) && typeof label === 'string' ? [{ at, label }] : [];
}

function isCount(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
