/** `--items`: lines of a file or of standard input, or the files that a pattern or a folder names, put into the store one by one. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import picomatch from 'picomatch';
import { BraidError } from '../../protocol/errors.ts';
import type { BatchItems } from '../../protocol/batch.ts';
import { BATCH } from '../../protocol/limits.ts';
import type { Store } from '../../store/blobs.ts';
import { ItemsWriter } from '../../store/batches/items.ts';
import { listFolder } from '../../store/contexts/list.ts';
import { hasCode } from '../../store/disk.ts';
import { splitLines, type Line } from './lines.ts';

export interface ItemsPlace {
  cwd: string;
  /** Folder that agents read, which the paths of files are relative to; null: none. */
  workspace: string | null;
  stdin: AsyncIterable<Uint8Array | string>;
  store: Store;
}

export interface ReadItems {
  items: BatchItems;
  /** Bad lines: the first ones, as `line 17: why`. */
  bad: string[];
}

/** Errors: BRAID_FILE_MISSING, BRAID_USAGE when there is no item or too many, BRAID_STORE. */
export async function readItems(spec: string, place: ItemsPlace): Promise<ReadItems> {
  const writer = new ItemsWriter(place.store);
  const bad = spec === '-' ? await addLines(writer, place.stdin, 'json') : await addNamed(writer, spec, place);
  const items = await writer.finish();
  if (items.total > 0) return { items, bad };
  throw new BraidError('BRAID_USAGE', `There are no items in --items ${spec}.`, {
    fix: 'Give a file with one JSON value a line, or a pattern that matches files.',
  });
}

async function addNamed(writer: ItemsWriter, spec: string, place: ItemsPlace): Promise<string[]> {
  // A file that is called like a pattern is that file.
  const named = path.resolve(place.cwd, spec);
  const info = await stat(named).catch((error: unknown) => absent(spec, error));
  if (info === null || info.isDirectory()) {
    await addFiles(writer, spec, info !== null, place);
    return [];
  }
  return addLines(writer, createReadStream(named), kindOf(spec));
}

function kindOf(spec: string): 'json' | 'text' {
  const ending = path.extname(spec).toLowerCase();
  if (ending === '.txt') return 'text';
  if (ending !== '.json' && ending !== '.csv') return 'json';
  throw new BraidError(
    'BRAID_USAGE',
    `--items ${spec}: items are JSON lines (.jsonl) or lines of text (.txt), not ${ending}.`,
    {
      fix: ending === '.json' ? `jq -c '.[]' ${spec} > items.jsonl` : 'Write one JSON object a line.',
    },
  );
}

/** Empty lines are no items. */
async function addLines(
  writer: ItemsWriter,
  stream: AsyncIterable<Uint8Array | string>,
  kind: 'json' | 'text',
): Promise<string[]> {
  const bad: string[] = [];
  for await (const line of splitLines(stream, BATCH.itemBytes)) {
    if ('text' in line && line.text.trim() === '') continue;
    const item = kind === 'text' && 'text' in line ? { json: JSON.stringify(line.text) } : jsonOf(line);
    await writer.add(item);
    if ('invalid' in item && bad.length < BATCH.badShown) bad.push(item.invalid);
  }
  return bad;
}

function jsonOf(line: Line): { json: string } | { invalid: string } {
  if ('problem' in line) return { invalid: `line ${line.number}: ${line.problem}` };
  try {
    JSON.parse(line.text);
    return { json: line.text };
  } catch {
    const start = line.text.replace(/\p{C}/gu, ' ').slice(0, 60);
    return { invalid: `line ${line.number}: it is no JSON: ${start}${line.text.length > 60 ? '…' : ''}` };
  }
}

async function addFiles(writer: ItemsWriter, spec: string, folder: boolean, place: ItemsPlace): Promise<void> {
  const { base, glob, isGlob } = folder ? { base: spec, glob: '**', isGlob: true } : picomatch.scan(spec);
  const root = isGlob ? await realpath(path.resolve(place.cwd, base)).catch(() => null) : null;
  if (root === null) throw missing(spec);
  const matches = picomatch(glob, { dot: true, nonegate: true });
  const skip = new Set([await realpath(place.store.home).catch(() => place.store.home)]);
  const seen = place.workspace ?? (await realpath(place.cwd));
  for (const file of await listFolder(root, skip)) {
    if (matches(file.path))
      await writer.add({ json: JSON.stringify({ path: shownAs(path.join(root, file.path), seen) }) });
  }
}

/** As agents know it: relative to the workspace. What lies outside of it keeps its whole path. */
function shownAs(file: string, workspace: string): string {
  const relative = path.relative(workspace, file);
  const inside = relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
  return (inside ? relative : file).split(path.sep).join('/');
}

function absent(spec: string, error: unknown): null {
  if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return null;
  const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  throw new BraidError('BRAID_FILE_MISSING', `--items ${spec} cannot be read (${why}).`, { cause: error });
}

function missing(spec: string): BraidError {
  return new BraidError('BRAID_FILE_MISSING', `--items ${spec} is no file, folder or pattern of files.`, {
    fix: 'Check the path, or quote the pattern for the shell.',
  });
}
