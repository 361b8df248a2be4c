import { distance } from 'fastest-levenshtein';
import type { Snapshot } from '../workspace/snapshot.ts';

const MAX_PATH = 4096;

/**
 * A path as a model writes it, as one of the snapshot: relative to the root, `/`-separated, `''` for the root itself.
 * An absolute path below the root is taken as meant. Everything else that could lead out is a problem for the model.
 */
export function workspacePath(raw: string | undefined, root: string): { path: string } | { problem: string } {
  const given = raw ?? '';
  const shown = JSON.stringify(given.slice(0, 200));
  if (given.length > MAX_PATH || given.includes('\0')) return { problem: `${shown} is no path.` };
  if (given === root) return { path: '' };
  const relative = given.startsWith(`${root}/`) ? given.slice(root.length + 1) : given;
  if (relative.startsWith('/') || relative.startsWith('~')) {
    return {
      problem: `${shown} is outside of the workspace. Paths are relative to its root, for example src/index.ts.`,
    };
  }
  const parts: string[] = [];
  for (const part of relative.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined)
      return { problem: `${shown} leads out of the workspace, which ends at its root.` };
  }
  return { path: parts.join('/') };
}

/** Up to three paths that a model may have meant: the same name elsewhere, else the ones with the nearest spelling. */
function nearPaths(snapshot: Snapshot, path: string): string[] {
  const name = baseName(path).toLowerCase();
  const ranked: { path: string; rank: number }[] = [];
  for (const candidate of snapshot.paths) {
    const other = baseName(candidate).toLowerCase();
    const misspelt = other === name ? 0 : distance(other, name);
    // The name counts most, the folders decide between equals.
    if (misspelt <= name.length / 3)
      ranked.push({ path: candidate, rank: misspelt + distance(candidate, path) / MAX_PATH });
  }
  return ranked
    .sort((a, b) => a.rank - b.rank || (a.path < b.path ? -1 : 1))
    .slice(0, 3)
    .map((item) => item.path);
}

/** The text that answers for a path which is not there. */
export function missingPath(snapshot: Snapshot, path: string): string {
  const near = nearPaths(snapshot, path);
  return `There is no ${path} in the workspace.${near.length === 0 ? ' Look with list or glob.' : ` Near it: ${near.join(', ')}.`}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
