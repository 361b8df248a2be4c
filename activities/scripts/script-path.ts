import { realpath, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import type { WorkspaceRef } from '../../protocol/run-input.ts';
import { isInside } from '../../store/inside.ts';

export interface FoundScript {
  /** Real absolute path. */
  path: string;
  /** For messages, and for the scripts that this one calls: relative to the workspace when it lies there. */
  file: string;
}

/**
 * `{scriptPath}` of `workflow()`: relative to the workspace, then to the calling script. The file must lie inside the
 * workspace after all symlinks: a script chooses this path, and scripts are hostile.
 */
export async function findScriptPath(
  scriptPath: string,
  workspace: WorkspaceRef | null,
  caller: string,
): Promise<FoundScript> {
  if (workspace === null) {
    throw unknown(
      scriptPath,
      'the run has no workspace',
      'Call a saved workflow by its name, or run without --no-workspace.',
    );
  }
  const root = await realpath(workspace.root).catch(() => workspace.root);
  const candidates = [resolve(root, scriptPath), resolve(root, dirname(caller), scriptPath)];
  let outside = false;
  for (const candidate of new Set(candidates)) {
    const real = await realpath(candidate).catch(() => null);
    if (real === null) continue;
    if (isInside(root, real)) return checkFile(real, relative(root, real), scriptPath);
    outside = true;
  }
  if (outside)
    throw unknown(scriptPath, 'it lies outside of the workspace', 'Move the script into the workspace, or save it.');
  throw unknown(scriptPath, 'there is no such file', `Give a path relative to the workspace or to ${caller}.`);
}

async function checkFile(path: string, file: string, scriptPath: string): Promise<FoundScript> {
  const info = await stat(path);
  if (!info.isFile()) throw unknown(scriptPath, 'it is no file', 'Name a script file.');
  return { path, file };
}

function unknown(scriptPath: string, why: string, fix: string): BraidError {
  const shown = JSON.stringify(scriptPath.slice(0, 200));
  return new BraidError('BRAID_WORKFLOW_UNKNOWN', `workflow() cannot load ${shown}: ${why}.`, { fix });
}
