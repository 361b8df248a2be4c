/**
 * Which files a tool may change. Invariants:
 *
 *  W1  What is changed is a regular file of the workspace, or a new one in it; nothing outside, nothing of git's own.
 *  W2  Nothing is written through a symbolic link, and no link is replaced: what it points to may be anywhere.
 *  W3  No two files that some file system takes for one: a name that differs from one that is there only by case is refused.
 */
import type { ErrorCode } from '../../protocol/error-table.ts';
import { fileAbove } from '../../store/overlaid.ts';
import { newPathProblem, pathProblem } from '../../store/overlay-paths.ts';
import type { Entry } from '../../store/workspace-manifest.ts';
import type { Snapshot } from '../workspace/snapshot.ts';
import { missingPath, workspacePath } from './paths.ts';

export interface Refused {
  code: ErrorCode;
  problem: string;
}

/** The path as the snapshot has it, and its file; `undefined` when it is new. */
export type Target = { path: string; entry: Entry | undefined } | Refused;

export function targetOf(snapshot: Snapshot, raw: string | undefined): Target {
  const given = raw ?? '';
  const at = given.isWellFormed() ? workspacePath(given, snapshot.root) : { problem: `${shown(given)} is no path.` };
  if ('problem' in at) return { code: 'BRAID_PATH_OUTSIDE', problem: at.problem };
  const { path } = at;
  if (path === '') return refused('The root of the workspace is a folder.');
  const wrong = pathProblem(path);
  if (wrong !== null) return refused(`${shown(path)} cannot be changed: ${wrong}.`);
  const above = fileAbove(snapshot.manifest.entries, path);
  if (above !== null)
    return refused(`${shown(path)} lies below ${shown(above)}, which is ${kindOf(snapshot, above)}, no folder.`);
  const entry = snapshot.entry(path);
  if (entry === undefined) return fresh(snapshot, path);
  if (entry.kind === 'text' || entry.kind === 'binary') return { path, entry };
  return refused(`${shown(path)} is ${kindOf(snapshot, path)} and cannot be changed.`);
}

/** {@link targetOf} a file that must be there. */
export function fileOf(snapshot: Snapshot, raw: string | undefined): { path: string; entry: Entry } | Refused {
  const target = targetOf(snapshot, raw);
  if ('problem' in target) return target;
  const { path, entry } = target;
  return entry === undefined ? { code: 'BRAID_PATH_MISSING', problem: missingPath(snapshot, path) } : { path, entry };
}

function fresh(snapshot: Snapshot, path: string): Target {
  if (snapshot.folder(path) !== undefined) return refused(`${shown(path)} is a folder.`);
  const wrong = newPathProblem(path);
  if (wrong !== null) return refused(`${shown(path)} cannot be made: ${wrong}.`);
  const twin = twinOf(snapshot, path);
  return twin === null
    ? { path, entry: undefined }
    : refused(`There is ${shown(twin)}; ${shown(path)} differs from it only by case.`);
}

/** W3. The file or folder on the way to `path` that differs only by case or by how its letters are composed. */
function twinOf(snapshot: Snapshot, path: string): string | null {
  let at = '';
  for (const name of path.split('/')) {
    const folder = snapshot.folder(at);
    if (folder === undefined) return null;
    const names = [...folder.folders, ...folder.files];
    const below = at === '' ? '' : `${at}/`;
    const twin = names.find((other) => other !== name && folded(other) === folded(name));
    if (twin !== undefined) return below + twin;
    at = below + name;
  }
  return null;
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function kindOf(snapshot: Snapshot, path: string): string {
  switch (snapshot.entry(path)?.kind) {
    case 'symlink':
      return 'a symbolic link';
    case 'huge':
      return 'a file too large for the snapshot';
    case 'unreadable':
      return 'a file or folder that could not be read';
    default:
      return 'a file';
  }
}

function refused(problem: string): Refused {
  return { code: 'BRAID_PATH_REFUSED', problem };
}

function shown(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}
