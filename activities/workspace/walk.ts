/**
 * Finds the files of a folder. Invariants:
 *
 *  W1  Nothing outside the root is ever opened: symbolic links are listed, never followed.
 *  W2  `.git`, what `.gitignore` names, Braid's own store and special files (pipes, sockets, devices) are left out.
 *  W3  The walk ends as soon as a bound is passed, however large the folder is.
 *  W4  What cannot be read is listed as that; only an unreadable root is an error.
 */
import type { BigIntStats } from 'node:fs';
import { lstat, opendir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import { WORKSPACE } from '../../protocol/limits.ts';
import { hasCode } from '../../store/disk.ts';
import { rulesFor, type IgnoreRules } from '../../store/ignore-rules.ts';
import { createLimiter } from '../../store/limiter.ts';
import { tooManyFiles, type WorkspaceLimits } from './limits.ts';

export type Found =
  | { kind: 'file'; path: string; stat: BigIntStats }
  | { kind: 'symlink'; path: string; target: string; mode: number }
  | { kind: 'unreadable'; path: string };

interface Walk {
  root: string;
  /** Absolute paths of folders to leave out. */
  skip: ReadonlySet<string>;
  limits: WorkspaceLimits;
  signal: AbortSignal;
  found: Found[];
  folders: number;
  onProgress: (files: number) => void;
  /** What is there and no file, folder or link (W2). */
  onSpecial?: (path: string) => void;
}

export async function walk(options: Omit<Walk, 'found' | 'folders'>): Promise<Found[]> {
  const state: Walk = { ...options, found: [], folders: 0 };
  let level = [{ folder: '', rules: await rulesFor(options.root) }];
  const limit = createLimiter(WORKSPACE.parallelReads);
  while (level.length > 0) {
    const next = await Promise.all(level.map(({ folder, rules }) => limit(() => walkFolder(state, folder, rules))));
    level = next.flat();
  }
  return state.found;
}

async function walkFolder(
  state: Walk,
  folder: string,
  outer: IgnoreRules,
): Promise<{ folder: string; rules: IgnoreRules }[]> {
  const below: { folder: string; rules: IgnoreRules }[] = [];
  const rules = await outer.inside(folder);
  try {
    for await (const entry of await opendir(path.join(state.root, folder), { bufferSize: 256 })) {
      state.signal.throwIfAborted();
      const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === '.git' || state.skip.has(path.join(state.root, relative))) continue;
      const found = await look(state, relative, entry.isDirectory());
      if (found === null || rules.ignores(relative, found === 'folder')) continue;
      if (found === 'folder') below.push({ folder: relative, rules });
      else state.found.push(found);
      if (state.found.length > state.limits.files) throw tooManyFiles(state.root, state.found, state.limits.files);
      state.onProgress(state.found.length);
    }
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    if (folder === '') throw unreadableRoot(state.root, error);
    if (!hasCode(error, 'ENOENT')) state.found.push({ kind: 'unreadable', path: folder });
  }
  state.folders += below.length;
  // A tree of empty folders would be endless work without a single file.
  if (state.folders > state.limits.files) throw tooManyFiles(state.root, state.found, state.limits.files, 'folders');
  return below;
}

/** Null: not there any more, or nothing to read. */
async function look(state: Walk, relative: string, isFolder: boolean): Promise<Found | 'folder' | null> {
  if (isFolder) return 'folder';
  const absolute = path.join(state.root, relative);
  try {
    const stat = await lstat(absolute, { bigint: true });
    if (stat.isSymbolicLink()) {
      return { kind: 'symlink', path: relative, target: await readlink(absolute), mode: Number(stat.mode & 0o777n) };
    }
    if (stat.isDirectory()) return 'folder';
    if (stat.isFile()) return { kind: 'file', path: relative, stat };
    state.onSpecial?.(relative);
    return null;
  } catch (error) {
    // A name that is no UTF-8 cannot be asked for again; it is there, though.
    return hasCode(error, 'ENOENT') && !relative.includes('\uFFFD') ? null : { kind: 'unreadable', path: relative };
  }
}

export function unreadableRoot(root: string, cause: Error): BraidError {
  return new BraidError('BRAID_WORKSPACE_UNREADABLE', `The workspace ${root} cannot be read: ${cause.message}.`, {
    cause,
  });
}
