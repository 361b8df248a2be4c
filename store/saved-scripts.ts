/**
 * Saved workflows (DW-01): scripts in `.braid/workflows/` and `.claude/workflows/` of the project and of the user.
 *
 *  V1  Nearest wins: the project's `.braid`, the user's `.braid`, the project's `.claude`, the user's `.claude`.
 *  V2  A name is never a path: it cannot leave these folders.
 *  V3  A project's script may be a symlink, but not one that leads out of the project.
 */
import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { BraidError } from '../protocol/errors.ts';
import { KIB, LIMITS } from '../protocol/limits.ts';
import { isInside } from './inside.ts';

export interface SavedPlaces {
  /** Folders of projects, nearest first: the workspace, and where the command was typed. */
  projects: string[];
  /** The user's home; the machine's when absent. */
  home?: string;
}

export interface SavedScript {
  name: string;
  /** Real absolute path. */
  path: string;
}

const EXTENSIONS = ['.js', '.mjs'];
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_. -]{0,99}$/u;

/** The script saved under `name`. @throws BraidError BRAID_WORKFLOW_UNKNOWN that lists what is there. */
export async function findSavedScript(name: string, places: SavedPlaces): Promise<SavedScript> {
  if (NAME.test(name) && !name.includes('..')) {
    for (const { folder, within } of foldersOf(places)) {
      for (const extension of EXTENSIONS) {
        const path = await readableFile(join(folder, name.endsWith(extension) ? name : name + extension), within);
        if (path !== null) return { name, path };
      }
    }
  }
  throw unknown(name, await listSavedScripts(places));
}

/** Names of all saved scripts, sorted; a name that stands in several folders once. */
export async function listSavedScripts(places: SavedPlaces): Promise<string[]> {
  const names = new Set<string>();
  for (const { folder } of foldersOf(places)) {
    for (const file of await readdir(folder).catch(() => [])) {
      const extension = EXTENSIONS.find((end) => file.endsWith(end));
      if (extension !== undefined) names.add(file.slice(0, -extension.length));
    }
  }
  return [...names].sort();
}

/** The text of a script file, `shown` in messages. What is too large is refused before it is read. */
export async function readScript(path: string, shown: string): Promise<string> {
  const info = await stat(path).catch((error: unknown) => unreadable(shown, error));
  if (!info.isFile())
    throw new BraidError('BRAID_FILE_MISSING', `${shown} is no file.`, { fix: 'Name a script file.' });
  if (info.size > LIMITS.scriptBytes) {
    const message = `${shown} has ${Math.ceil(info.size / KIB)} KiB; a script may have ${LIMITS.scriptBytes / KIB} KiB.`;
    throw new BraidError('BRAID_SCRIPT_TOO_LARGE', message);
  }
  return readFile(path, 'utf8').catch((error: unknown) => unreadable(shown, error));
}

function unreadable(shown: string, cause: unknown): never {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  throw new BraidError('BRAID_FILE_MISSING', `${shown} cannot be read (${why}).`, { cause });
}

function foldersOf({ projects, home = homedir() }: SavedPlaces): { folder: string; within: string | null }[] {
  const roots = [...new Set(projects)].filter((root) => root !== home);
  return ['.braid', '.claude'].flatMap((kind) => [
    ...roots.map((root) => ({ folder: join(root, kind, 'workflows'), within: root })),
    { folder: join(home, kind, 'workflows'), within: null },
  ]);
}

async function readableFile(path: string, within: string | null): Promise<string | null> {
  try {
    const real = await realpath(path);
    if (within !== null && !isInside(await realpath(within), real)) return null;
    return (await stat(real)).isFile() ? real : null;
  } catch {
    return null;
  }
}

function unknown(name: string, known: string[]): BraidError {
  const shown = JSON.stringify(name.slice(0, 100));
  if (known.length === 0) {
    const fix = 'Save it as .braid/workflows/NAME.js in the project or in your home folder.';
    return new BraidError('BRAID_WORKFLOW_UNKNOWN', `There is no saved workflow ${shown}; none is saved here.`, {
      fix,
    });
  }
  const list = known.slice(0, 20).join(', ') + (known.length > 20 ? `, and ${known.length - 20} more` : '');
  const fix = `Did you mean ${JSON.stringify(closest(name, known))}?`;
  return new BraidError('BRAID_WORKFLOW_UNKNOWN', `There is no saved workflow ${shown}; there are: ${list}.`, { fix });
}
