import type { BigIntStats } from 'node:fs';
import type { ContextPart, PartFormat } from '../../protocol/context.ts';
import { hashText } from '../../protocol/hash.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { STORE } from '../../protocol/limits.ts';
import type { Store } from '../blobs.ts';
import { createLimiter } from '../limiter.ts';
import { parsePart } from './manifest.ts';

/** Goes up when converters or encodings give other texts than before. */
const VERSION = 1;

interface Known {
  part: ContextPart;
  warnings: string[];
}

interface Entry extends Known {
  /** Size, times and inode of the file, as one text. */
  state: string;
}

/** What files of one place became when they were last read, by absolute path. See ingest-file.ts. */
export interface FileIndex {
  /** What the file became, if it is unchanged and all of its text is still in the store. */
  find(store: Store, file: string, info: BigIntStats, format: PartFormat): Promise<Known | undefined>;
  remember(file: string, info: BigIntStats, known: Known): void;
  /** Writes what is new. */
  save(store: Store): Promise<void>;
}

/** The index of a place: a file's own path, or that of a folder. */
export async function openFileIndex(store: Store, place: string): Promise<FileIndex> {
  const file = store.disk.at('index', 'contexts', `${hashText(place)}.json`);
  const before = parseIndex(await store.disk.read(file));
  const after = new Map<string, Entry>();
  const limit = createLimiter(STORE.parallelWrites);
  let changed = false;
  return {
    find: async (of, path, info, format) => {
      const entry = before.get(path);
      if (entry === undefined || entry.state !== stateOf(info) || entry.part.format !== format) return undefined;
      const there = await Promise.all(entry.part.chunks.map(({ ref }) => limit(() => of.has(ref))));
      if (there.includes(false)) return undefined;
      after.set(path, entry);
      return entry;
    },
    remember: (path, info, { part, warnings }) => {
      after.set(path, { state: stateOf(info), part, warnings });
      changed = true;
    },
    save: async (to) => {
      if (!changed && after.size === before.size) return;
      await to.disk.write(file, JSON.stringify({ version: VERSION, files: [...after] }));
    },
  };
}

function stateOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return [size, mtimeNs, ctimeNs, ino].join(' ');
}

function parseIndex(bytes: Uint8Array | undefined): Map<string, Entry> {
  try {
    const value: unknown = bytes === undefined ? null : JSON.parse(new TextDecoder().decode(bytes));
    if (!isJsonObject(value) || value['version'] !== VERSION || !Array.isArray(value['files'])) return new Map();
    return new Map(value['files'].flatMap(parseEntry));
  } catch {
    return new Map();
  }
}

function parseEntry(value: Json): [string, Entry][] {
  const [path, entry] = Array.isArray(value) ? value : [];
  if (typeof path !== 'string' || !isJsonObject(entry)) return [];
  const { state, part, warnings } = entry;
  const parsed = parsePart(part);
  if (typeof state !== 'string' || parsed === null || !Array.isArray(warnings)) return [];
  return [[path, { state, part: parsed, warnings: warnings.filter((warning) => typeof warning === 'string') }]];
}
