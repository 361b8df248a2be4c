/**
 * Whether a folder is what a patch was made for.
 *
 *  A1  A file is changed only when its bytes are those that the run began with; one that is there must not be in the way of a new one.
 *  A2  Nothing outside the folder is read or written: no path leads out, no link is followed.
 */
import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from '../../store/hash.ts';
import type { ChangedFile, FileState } from '../../store/overlaid.ts';

/** A file as it has to become. `after` null: it goes. */
export interface Step {
  path: string;
  file: string;
  /** Permissions of the file that is there; null: there is none. */
  mode: number | null;
  after: FileState | null;
}

export interface Checked {
  steps: Step[];
  /** Files that are already as the patch wants them. */
  already: string[];
  /** What is not as it was, file by file. */
  problems: { path: string; why: string }[];
}

type Found = { hash: string; mode: number } | null;

/** Looks at every file that would change; changes nothing. */
export async function checkFiles(root: string, files: readonly ChangedFile[]): Promise<Checked> {
  const checked: Checked = { steps: [], already: [], problems: [] };
  for (const change of files) {
    const { path: name, before, after } = change;
    const file = path.join(root, name);
    try {
      const found = await lookAt(root, name);
      if (isState(found, after)) checked.already.push(name);
      else {
        refuseOther(found, before);
        checked.steps.push({ path: name, file, mode: found?.mode ?? null, after });
      }
    } catch (error) {
      checked.problems.push({ path: name, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return checked;
}

/** A1. Throws what is wrong. */
function refuseOther(found: Found, before: FileState | null): void {
  if (before === null) {
    if (found !== null) throw new Error('the run made it new, and a file is there by now');
    return;
  }
  if (found === null) throw new Error('it is not there any more');
  if (before.hash === null) throw new Error('the run does not know what was in it, so it cannot be compared');
  if (found.hash !== before.hash) throw new Error('it was changed since the run began');
}

function isState(found: Found, state: FileState | null): boolean {
  if (found === null || state === null) return found === null && state === null;
  return found.hash === state.hash && (found.mode & 0o100) === (state.mode & 0o100);
}

/** A2. Throws what is in the way. */
async function lookAt(root: string, name: string): Promise<Found> {
  const parts = name.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = await infoOf(path.join(root, ...parts.slice(0, depth)));
    if (folder === null) return null;
    if (folder.isSymbolicLink()) throw new Error(`${parts.slice(0, depth).join('/')} is a symbolic link`);
    if (!folder.isDirectory()) throw new Error(`${parts.slice(0, depth).join('/')} is no folder`);
  }
  const file = path.join(root, name);
  const info = await infoOf(file);
  if (info === null) return null;
  if (!info.isFile()) throw new Error(`it is ${info.isSymbolicLink() ? 'a symbolic link' : 'no regular file'}`);
  return {
    hash: sha256(await readFile(file)),
    mode: info.mode & 0o777,
  };
}

async function infoOf(file: string) {
  try {
    return await lstat(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}
