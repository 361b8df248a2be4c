import { BraidError } from '../../protocol/errors.ts';
import { WORKSPACE } from '../../protocol/limits.ts';

/** Bounds of a snapshot; {@link WORKSPACE} unless a caller says otherwise. */
export interface WorkspaceLimits {
  files: number;
  /** Of the texts that are kept: what is listed only costs nothing. */
  bytes: number;
  fileBytes: number;
}

export const DEFAULT_LIMITS: WorkspaceLimits = WORKSPACE;

export function tooManyFiles(
  root: string,
  found: readonly { path: string }[],
  limit: number,
  what: 'files' | 'folders' = 'files',
): BraidError {
  const fullest = what === 'files' ? fullestFolder(found) : null;
  const where = fullest === null ? '' : `; ${fullest.count.toLocaleString('en')} of those seen are in ${fullest.name}/`;
  return new BraidError(
    'BRAID_WORKSPACE_TOO_LARGE',
    `The workspace ${root} has more than ${limit.toLocaleString('en')} ${what}${where}.`,
    fullest === null
      ? {}
      : { fix: `Choose a narrower --cwd, add ${fullest.name}/ to .gitignore, or use --no-workspace.` },
  );
}

export function tooManyBytes(root: string, limit: number): BraidError {
  const size = limit.toLocaleString('en');
  return new BraidError('BRAID_WORKSPACE_TOO_LARGE', `The workspace ${root} has more than ${size} bytes of text.`);
}

function fullestFolder(found: readonly { path: string }[]): { name: string; count: number } | null {
  const counts = new Map<string, number>();
  for (const { path } of found) {
    const slash = path.indexOf('/');
    if (slash > 0) counts.set(path.slice(0, slash), (counts.get(path.slice(0, slash)) ?? 0) + 1);
  }
  let best: { name: string; count: number } | null = null;
  for (const [name, count] of counts) if (best === null || count > best.count) best = { name, count };
  return best;
}
