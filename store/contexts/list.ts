/**
 * The files of a folder that a context may hold. Invariants:
 *
 *  L1  Nothing is followed: symbolic links, pipes and other special files are left out.
 *  L2  `.git`, what `.gitignore` names and Braid's own store are left out, as in workspaces; `node_modules` too, unless the
 *      folder lies in one itself.
 *  L3  The walk ends as soon as a bound is passed.
 */
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import { CONTEXT, WORKSPACE } from '../../protocol/limits.ts';
import { rulesFor, type IgnoreRules } from '../ignore-rules.ts';
import { createLimiter } from '../limiter.ts';
import { unreadable } from './encoding.ts';

export interface ListedFile {
  /** Relative to the folder, `/`-separated. */
  path: string;
  bytes: number;
}

interface Walk {
  root: string;
  skip: ReadonlySet<string>;
  /** Names of folders that are never entered. */
  hidden: ReadonlySet<string>;
  files: string[];
  folders: number;
}

interface Folder {
  path: string;
  rules: IgnoreRules;
}

/**
 * Files of `root`, a real path, in order of their paths; `skip` holds absolute paths of folders to leave out. Errors:
 * BRAID_CONTEXT_TOO_LARGE, BRAID_CONTEXT_UNREADABLE for a root that cannot be listed.
 */
export async function listFolder(root: string, skip: ReadonlySet<string>): Promise<ListedFile[]> {
  const inModules = root.split(path.sep).includes('node_modules');
  const hidden = new Set(inModules ? ['.git'] : ['.git', 'node_modules']);
  const walk: Walk = { root, skip, hidden, files: [], folders: 0 };
  const limit = createLimiter(WORKSPACE.parallelReads);
  let level: Folder[] = [{ path: '', rules: await rulesFor(root) }];
  while (level.length > 0) {
    level = (await Promise.all(level.map((folder) => limit(() => listOne(walk, folder))))).flat();
  }
  const sized = await Promise.all(walk.files.sort().map((file) => limit(() => sizeOf(root, file))));
  return sized.filter((file) => file !== null);
}

async function listOne(walk: Walk, folder: Folder): Promise<Folder[]> {
  const entries = await entriesOf(walk.root, folder.path);
  const rules = await folder.rules.inside(folder.path);
  const below: Folder[] = [];
  for (const entry of entries) {
    const relative = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`;
    const isFolder = entry.isDirectory();
    if (isFolder ? isHidden(walk, entry.name, relative) : !entry.isFile()) continue;
    if (rules.ignores(relative, isFolder)) continue;
    if (isFolder) below.push({ path: relative, rules });
    else walk.files.push(relative);
  }
  walk.folders += below.length;
  if (Math.max(walk.files.length, walk.folders) > CONTEXT.parts) throw tooMany(walk.root);
  return below;
}

function isHidden({ root, skip, hidden }: Walk, name: string, relative: string): boolean {
  return hidden.has(name) || skip.has(path.join(root, relative));
}

/** A folder below the root that cannot be listed has nothing to give; the root must be readable. */
async function entriesOf(root: string, folder: string): Promise<Dirent[]> {
  try {
    return await readdir(path.join(root, folder), { withFileTypes: true });
  } catch (cause) {
    if (folder !== '') return [];
    throw unreadable(root, cause instanceof Error ? cause.message : String(cause), {
      cause,
      fix: 'Check its permissions.',
    });
  }
}

async function sizeOf(root: string, file: string): Promise<ListedFile | null> {
  const info = await lstat(path.join(root, file)).catch(() => null);
  return info === null || !info.isFile() ? null : { path: file, bytes: info.size };
}

function tooMany(root: string): BraidError {
  const limit = CONTEXT.parts.toLocaleString('en');
  return new BraidError('BRAID_CONTEXT_TOO_LARGE', `The folder ${root} has more than ${limit} files or folders.`, {
    fix: 'Name a narrower folder, or a pattern such as "docs/**/*.md".',
  });
}
