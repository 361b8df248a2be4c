import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import type { WorkspaceRef } from '../../protocol/run-input.ts';

export interface WorkspaceOptions {
  /** `--cwd`; where the command was typed when absent. */
  cwd?: string | undefined;
  /** False for `--no-workspace`. */
  workspace?: boolean | undefined;
  /** `--base`. */
  base?: string | undefined;
}

/** @throws BraidError BRAID_WORKSPACE_UNREADABLE, or BRAID_USAGE for options that contradict each other. */
export async function resolveWorkspace(options: WorkspaceOptions, cwd: string): Promise<WorkspaceRef | null> {
  if (options.workspace === false) {
    if (options.base === undefined) return null;
    throw new BraidError('BRAID_USAGE', '--base needs a workspace, and --no-workspace says there is none.', {
      fix: 'Drop one of the two.',
    });
  }
  return {
    root: await readableFolder(resolve(cwd, options.cwd ?? '.'), options.cwd ?? cwd),
    base: revision(options.base),
  };
}

async function readableFolder(path: string, shown: string): Promise<string> {
  try {
    const root = await realpath(path);
    if (!(await stat(root)).isDirectory())
      throw new BraidError('BRAID_WORKSPACE_UNREADABLE', `The workspace ${shown} is no folder.`);
    await access(root, constants.R_OK | constants.X_OK);
    return root;
  } catch (cause) {
    if (cause instanceof BraidError) throw cause;
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new BraidError('BRAID_WORKSPACE_UNREADABLE', `The workspace ${shown} cannot be read (${why}).`, { cause });
  }
}

/** A revision goes to git as an argument: what looks like an option must not. */
function revision(base: string | undefined): string | null {
  if (base === undefined) return null;
  if (/^[^-\s][^\s]{0,249}$/.test(base)) return base;
  throw new BraidError('BRAID_USAGE', `--base: ${JSON.stringify(base)} is no revision.`, {
    fix: 'Name a branch, a tag or a commit.',
  });
}
