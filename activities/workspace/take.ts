import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import type { WorkspaceRef } from '../../protocol/run-input.ts';
import type { Store } from '../../store/blobs.ts';
import { readRepository, takeBase } from './base-diff.ts';
import { collect } from './collect.ts';
import { DEFAULT_LIMITS, type WorkspaceLimits } from './limits.ts';
import type { Manifest } from '../../store/workspace-manifest.ts';
import { unreadableRoot, walk } from './walk.ts';

interface TakeOptions {
  signal: AbortSignal;
  onProgress?: (progress: SnapshotProgress) => void;
  limits?: WorkspaceLimits;
}

export interface SnapshotProgress {
  state: 'listing' | 'reading';
  files: number;
}

interface Taken {
  manifest: Manifest;
  /** Files that had to be read; the others were unchanged since the last snapshot of this folder. */
  read: number;
}

/**
 * Takes a snapshot of a folder into the store. Errors: BRAID_WORKSPACE_TOO_LARGE, BRAID_WORKSPACE_UNREADABLE, BRAID_GIT,
 * BRAID_STORE; the signal's reason when it is aborted.
 */
export async function takeSnapshot(store: Store, workspace: WorkspaceRef, options: TakeOptions): Promise<Taken> {
  const { signal, limits = DEFAULT_LIMITS, onProgress = () => undefined } = options;
  const root = await openRoot(workspace.root);
  const found = await walk({
    root,
    skip: new Set([await realpath(store.home)]),
    limits,
    signal,
    onProgress: (files) => onProgress({ state: 'listing', files }),
  });
  const { entries, read } = await collect(store, root, found, {
    limits,
    signal,
    onProgress: (files) => onProgress({ state: 'reading', files }),
  });
  const git = await readRepository(root, signal);
  const base = workspace.base === null ? null : await takeBase(store, root, workspace.base, entries, signal);
  return { manifest: { git, base, entries }, read };
}

/** The real path, so that a root which is a link has one index, and nothing below it leads through a link. */
async function openRoot(root: string): Promise<string> {
  try {
    const real = await realpath(path.resolve(root));
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    throw unreadableRoot(root, error instanceof Error ? error : new Error(String(error)));
  }
  throw new BraidError('BRAID_WORKSPACE_UNREADABLE', `The workspace ${root} is no folder.`, {
    fix: 'Name the folder, not a file in it.',
  });
}
