/**
 * `--context`: what each one names, stored, as one context. One file or standard input is a text; folders, patterns and several
 * contexts together are files.
 */
import type { ContextPart, ContextRef } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { Store } from '../../store/blobs.ts';
import { openFileIndex } from '../../store/contexts/file-index.ts';
import { ingestFile } from '../../store/contexts/ingest-file.ts';
import { ingestFiles, type IngestedFiles } from '../../store/contexts/ingest-files.ts';
import { ingestStream } from '../../store/contexts/ingest.ts';
import { emptyContext, putContext } from '../../store/contexts/refs.ts';
import { namePart, resolveContext, type FoundContext } from './context-spec.ts';

export interface ContextPlace {
  cwd: string;
  /** Standard input, for `-`. */
  stdin: AsyncIterable<Uint8Array | string>;
  store: Store;
  /** Told now and then while large contexts are read; `total` is null for standard input. */
  progress?: (read: { bytes: number; total: number | null }) => void;
}

export interface ReadContexts {
  /** Null when none was named. */
  context: ContextRef | null;
  /** Names the content: equal contexts have equal digests. Empty without a context. */
  digest: string;
  /** What was guessed, repaired or left out. */
  warnings: string[];
}

interface Gathered {
  parts: ContextPart[];
  warnings: string[];
}

/**
 * Each of `specs` is a file, a folder, a glob pattern or `-`. Errors name the context and its fix: BRAID_CONTEXT_MISSING,
 * BRAID_CONTEXT_UNREADABLE (also when there is nothing in it), BRAID_CONTEXT_TOO_LARGE, BRAID_USAGE, BRAID_STORE.
 */
export async function readContexts(specs: readonly string[], place: ContextPlace): Promise<ReadContexts> {
  if (specs.length === 0) return { context: null, digest: '', warnings: [] };
  if (specs.filter((spec) => spec === '-').length > 1) {
    throw new BraidError('BRAID_USAGE', '--context - is given twice; standard input can be read once.', {
      fix: 'Give it once.',
    });
  }
  // All are looked up before the first is read: a typing error shows at once.
  const found = await Promise.all(specs.map((spec) => resolveContext(spec, place.cwd, place.store.home)));
  const gathered: Gathered = { parts: [], warnings: [] };
  for (const one of found) await gather(gathered, one, place);
  const parts = withoutTwins(gathered.parts);
  const single = found.length === 1 && found[0]?.kind !== 'files';
  const context = await putContext(place.store, single ? 'text' : 'files', parts, specs.join(' '));
  return { context, digest: 'manifest' in context.of ? context.of.manifest : '', warnings: gathered.warnings };
}

async function gather(into: Gathered, found: FoundContext, place: ContextPlace): Promise<void> {
  if (found.kind === 'files') {
    const { parts, warnings, noText, denied } = await readFolder(found, place);
    if (parts.every((part) => part.length === 0)) throw noFiles(found, noText, denied);
    into.parts.push(...parts);
    into.warnings.push(
      ...warnings,
      ...leftOut(noText, 'cannot be read as text'),
      ...leftOut(denied, 'may not be read'),
    );
    return;
  }
  const { part, warnings } = found.kind === 'stdin' ? await readStdin(place) : await readFile(found, place);
  if (part.length === 0) throw emptyContext(found.kind === 'stdin' ? '- (standard input)' : found.spec);
  into.parts.push(part);
  into.warnings.push(...warnings);
}

async function readFile(found: Extract<FoundContext, { kind: 'file' }>, { cwd, store, progress }: ContextPlace) {
  const index = await openFileIndex(store, found.path);
  const onBytes = (bytes: number) => progress?.({ bytes, total: found.bytes });
  const read = await ingestFile(store, found.path, { name: namePart(found.path, cwd), index, onBytes });
  await index.save(store);
  return read;
}

async function readFolder(
  { path: named, root, files }: Extract<FoundContext, { kind: 'files' }>,
  { cwd, store, progress }: ContextPlace,
): Promise<IngestedFiles> {
  const index = await openFileIndex(store, root);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const prefix = namePart(named, cwd);
  const read = await ingestFiles(store, root, files, {
    index,
    nameOf: (file) => (prefix === '' ? file : `${prefix}/${file}`),
    onBytes: (bytes) => progress?.({ bytes, total }),
  });
  await index.save(store);
  return read;
}

async function readStdin({ stdin, store, progress }: ContextPlace) {
  const onBytes = (bytes: number) => progress?.({ bytes, total: null });
  return ingestStream(store, asBytes(stdin), { name: 'stdin', onBytes });
}

async function* asBytes(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
}

/** A file that several contexts name is one part. */
function withoutTwins(parts: ContextPart[]): ContextPart[] {
  return [...new Map(parts.map((part) => [part.name, part])).values()];
}

function leftOut(names: string[], why: string): string[] {
  if (names.length === 0) return [];
  const shown = names.toSorted().slice(0, 3).join(', ');
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return [`${names.length} ${names.length === 1 ? 'file was' : 'files were'} left out that ${why}: ${shown}${more}.`];
}

function noFiles(
  { spec, files }: Extract<FoundContext, { kind: 'files' }>,
  noText: string[],
  denied: string[],
): BraidError {
  const seen =
    files.length === 0
      ? 'no files that Git would not ignore'
      : `${files.length} ${files.length === 1 ? 'file' : 'files'}, but no text`;
  const why = [...leftOut(noText, 'cannot be read as text'), ...leftOut(denied, 'may not be read')].join(' ');
  return new BraidError('BRAID_CONTEXT_UNREADABLE', `The context ${spec} holds ${seen}. ${why}`.trimEnd(), {
    fix: 'Name a folder or a pattern with text files in it.',
  });
}
