/** Journals as blobs: an index, and entries in parts that fit into a workflow's memory one at a time (protocol/journal.ts, J3). */
import type { ReadRecord } from '../../protocol/activities.ts';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { JOURNAL_VERSION, type JournalEntry, type JournalIndex, type JournalRef } from '../../protocol/journal.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { JOURNAL } from '../../protocol/limits.ts';
import { parsePatch } from '../../protocol/overlay.ts';
import { count, list, object, text } from '../parse-json.ts';
import type { Found } from './draft.ts';
import { parseKey, parseLarge, parseReads, parseSpend } from './parse.ts';

/** The part of a blob store that journals need. */
export interface Blobs {
  put(content: string): Promise<string>;
  getText(ref: string): Promise<string>;
}

/** Writes what was found, in its order. `reads`: what the node as a whole depends on. */
export async function writeJournal(
  blobs: Blobs,
  run: string,
  found: readonly Found[],
  reads: ReadRecord[],
): Promise<{ journal: JournalRef; calls: number }> {
  const byNode = new Map<string, string[]>();
  const children: [string, string][] = [];
  let calls = 0;
  found.forEach(({ node, entry, below }, seq) => {
    const texts = byNode.get(node) ?? [];
    byNode.set(node, texts);
    texts.push(JSON.stringify({ ...entry, seq } satisfies JournalEntry));
    if (entry.kind === 'call' && entry.failed === null && !entry.stale) calls += 1;
    if (below?.journal) children.push([below.path, below.journal.blob]);
  });
  const nodes = await Promise.all(
    [...byNode].map(async ([node, texts]): Promise<[string, string[]]> => {
      return [node, await Promise.all(partsOf(texts).map((part) => blobs.put(part)))];
    }),
  );
  const index: JournalIndex = {
    version: JOURNAL_VERSION,
    run,
    calls,
    // A path is a program's own text: never assigned to, as `__proto__` would be swallowed.
    nodes: Object.fromEntries(nodes),
    ...(children.length === 0 ? {} : { children: Object.fromEntries(children) }),
    ...(reads.length === 0 ? {} : { reads }),
  };
  return { journal: { run, blob: await blobs.put(JSON.stringify(index)) }, calls };
}

/** JSON arrays of at most {@link JOURNAL.partBytes}; an entry that is larger has one of its own. */
function partsOf(texts: readonly string[]): string[] {
  const parts: string[] = [];
  let open: string[] = [];
  let size = 0;
  for (const entry of texts) {
    const bytes = Buffer.byteLength(entry) + 1;
    if (open.length > 0 && size + bytes > JOURNAL.partBytes) {
      parts.push(`[${open.join(',')}]`);
      open = [];
      size = 0;
    }
    open.push(entry);
    size += bytes;
  }
  if (open.length > 0) parts.push(`[${open.join(',')}]`);
  return parts;
}

/** Errors: BRAID_JOURNAL when it is gone or of another version. */
export async function readIndex(blobs: Blobs, { run, blob }: JournalRef): Promise<JournalIndex> {
  const json = await readJson(blobs, blob, run);
  const { version, nodes, calls, children, reads } = object(json);
  if (version !== JOURNAL_VERSION || !isJsonObject(nodes)) {
    throw new BraidError(
      'BRAID_JOURNAL',
      `The journal of ${run} has the version ${JSON.stringify(version ?? null)}; this Braid reads the version ${JOURNAL_VERSION}.`,
    );
  }
  const blobsOf = (parts: Json) => list(parts).flatMap((part) => text(part) ?? []);
  return {
    version,
    run: text(object(json).run) ?? run,
    calls: count(calls),
    nodes: Object.fromEntries(Object.entries(nodes).map(([path, parts]) => [path, blobsOf(parts)])),
    children: Object.fromEntries(
      Object.entries(object(children)).flatMap(([path, child]) => (typeof child === 'string' ? [[path, child]] : [])),
    ),
    reads: parseReads(reads),
  };
}

/** The entries of one part. Errors: BRAID_JOURNAL when they are gone. */
export async function readPart(blobs: Blobs, index: JournalIndex, part: string): Promise<JournalEntry[]> {
  return list(await readJson(blobs, part, index.run)).flatMap((entry) => parseEntry(entry) ?? []);
}

async function readJson(blobs: Blobs, ref: string, run: string): Promise<Json> {
  try {
    return JSON.parse(await blobs.getText(ref)) as Json;
  } catch (error) {
    if (
      !(error instanceof SyntaxError) &&
      !isBraidError(error, 'BRAID_BLOB_MISSING') &&
      !isBraidError(error, 'BRAID_BLOB_CORRUPT')
    ) {
      throw error;
    }
    throw new BraidError('BRAID_JOURNAL', `A part of the journal of ${run} cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}

function parseEntry(json: Json): JournalEntry | null {
  const key = parseKey(json);
  if (key === null || !isJsonObject(json) || (json.kind !== 'call' && json.kind !== 'request')) return null;
  return {
    ...key,
    kind: json.kind,
    label: text(json.label) ?? '',
    seq: count(json.seq),
    failed: text(json.failed),
    stale: json.stale === true,
    from: text(json.from) ?? '',
    value: json.value ?? null,
    large: parseLarge(json.large),
    usage: parseSpend(json.usage),
    degraded: json.degraded === true,
    ms: count(json.ms),
    ...(json.patch === undefined ? {} : { patch: parsePatch(json.patch) }),
    reads: parseReads(json.reads),
  };
}
