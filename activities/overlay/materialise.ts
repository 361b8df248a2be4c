/**
 * A workspace with its changes as files in a folder, for commands that work on files. Invariants:
 *
 *  M1  Nothing is written outside the folder, whatever paths and links a snapshot or an overlay holds.
 *  M2  A link is made only when it leads to a place in the folder by its text alone, whatever other links there are.
 *  M3  What is not there is told: nobody takes a file that could not be written for one that was deleted.
 */
import { lstat, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { WORKSPACE } from '../../protocol/limits.ts';
import type { Store } from '../../store/blobs.ts';
import { createLimiter } from '../../store/limiter.ts';
import { pathProblem } from '../../store/overlay-paths.ts';
import { foldersAbove, ownMember } from '../../store/overlays.ts';
import type { Entry } from '../../store/workspace-manifest.ts';
import { readBinary } from '../workspace/keep-binary.ts';
import type { OverlaidSnapshot } from '../workspace/overlaid.ts';

/** A file as it was written. */
export interface WrittenFile {
  ino: bigint;
  mtimeNs: bigint;
  size: number;
  mode: number;
}

export interface Materialised {
  snapshot: OverlaidSnapshot;
  folder: string;
  files: ReadonlyMap<string, WrittenFile>;
  /** Path → target. */
  links: ReadonlyMap<string, string>;
  leftOut: ReadonlyMap<string, string>;
  /** When the last file was written, in ms since 1970. */
  at: number;
}

interface Options {
  store: Store;
  snapshot: OverlaidSnapshot;
  /** It is there and empty. */
  folder: string;
  signal: AbortSignal;
}

/** Errors: those of the store and of the file system; the signal's reason when it is aborted. */
export async function materialise({ store, snapshot, folder, signal }: Options): Promise<Materialised> {
  const files = new Map<string, WrittenFile>();
  const links = new Map<string, string>();
  const leftOut = new Map<string, string>();
  const entries = [...snapshot.manifest.entries];
  // M1: in an empty folder that only holds what was made here, a plain path leads through no link, because links come last.
  const folders = new Set(entries.flatMap(([name]) => (pathProblem(name) === null ? foldersAbove(name) : [])));
  for (const name of [...folders].sort()) await mkdir(path.join(folder, name), { recursive: true, mode: 0o755 });
  const limit = createLimiter(WORKSPACE.parallelReads);
  const one = async ([name, entry]: [string, Entry]) => {
    signal.throwIfAborted();
    const wrong = pathProblem(name) ?? (entry.kind === 'symlink' ? linkProblem(name, entry.target ?? '') : null);
    if (wrong !== null) return void leftOut.set(name, wrong);
    if (entry.kind === 'symlink') return void links.set(name, entry.target ?? '');
    const bytes = await contentOf(store, snapshot, name, entry);
    if (bytes === null) return void leftOut.set(name, `it is ${entry.kind}, and not kept with the snapshot`);
    const file = path.join(folder, name);
    const mode = (entry.mode & 0o777) | 0o600;
    await writeFile(file, bytes, { flag: 'wx', mode });
    const { ino, mtimeNs } = await lstat(file, { bigint: true });
    files.set(name, { ino, mtimeNs, size: bytes.byteLength, mode: entry.mode });
  };
  await Promise.all(entries.map((entry) => limit(() => one(entry))));
  for (const [name, target] of links) await symlink(target, path.join(folder, name));
  return { snapshot, folder, files, links, leftOut, at: Date.now() };
}

async function contentOf(
  store: Store,
  { overlay, base }: OverlaidSnapshot,
  name: string,
  entry: Entry,
): Promise<Uint8Array | null> {
  const hash = entry.hash ?? (ownMember(overlay.changes, name) ?? ownMember(overlay.kept, name))?.hash;
  if (hash !== undefined) return store.get(hash);
  return entry.kind === 'binary' ? readBinary(base, name) : null;
}

/**
 * M2. `..` only in front: from there on the target goes down, and what it goes through is a folder or another such link. One behind a
 * name could go up from wherever a link of that name leads.
 */
function linkProblem(name: string, target: string): string | null {
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const ups = parts.findIndex((part) => part !== '..');
  const up = ups < 0 ? parts.length : ups;
  const outside = target.startsWith('/') || target.includes('\0') || up > foldersAbove(name).length;
  return outside || parts.slice(up).includes('..') ? 'it is a link that leads out of the workspace' : null;
}
