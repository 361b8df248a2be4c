/** The `loadScript` activity: a script that a script calls (DW-25), read and checked by a worker. */
import type { BraidActivities, LoadedScript, LoadRequest } from '../../protocol/activities.ts';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { hashText } from '../../protocol/hash.ts';
import { checkScript } from '../../sandbox/check/index.ts';
import { findSavedScript, readScript } from '../../store/saved-scripts.ts';
import { toFailure } from '../failures.ts';
import { findScriptPath, type FoundScript } from './script-path.ts';

/** `home` is where the user's saved workflows are looked up; the machine's home folder when absent. */
export function createLoadScript(options: { home?: string } = {}): BraidActivities['loadScript'] {
  return async (_tag, request) => {
    try {
      return await load(request, options.home);
    } catch (error) {
      throw toFailure(error, isBraidError(error) ? error.at : {});
    }
  };
}

async function load(request: LoadRequest, home: string | undefined): Promise<LoadedScript> {
  const { source, file } = await read(request, home);
  return { ...checkScript(source, { file }), sourceHash: hashText(source), file };
}

async function read(request: LoadRequest, home: string | undefined): Promise<{ source: string; file: string }> {
  const { ref } = request;
  if (typeof ref === 'object' && 'source' in ref) return { source: ref.source, file: 'workflow.js' };
  const { path, file } = await find({ ...request, ref }, home);
  return { source: await readScript(path, file), file };
}

type NamedRef = Exclude<LoadRequest['ref'], { source: string }>;

async function find(
  { ref, workspace, caller }: Omit<LoadRequest, 'ref'> & { ref: NamedRef },
  home: string | undefined,
): Promise<FoundScript> {
  if (typeof ref !== 'string') return findScriptPath(ref.scriptPath, workspace, caller);
  const places = { projects: workspace === null ? [] : [workspace.root], ...(home === undefined ? {} : { home }) };
  try {
    const { path } = await findSavedScript(ref, places);
    return { path, file: path };
  } catch (error) {
    if (workspace !== null || !isBraidError(error, 'BRAID_WORKFLOW_UNKNOWN')) throw error;
    const message = `${error.message} The run has no workspace, so only the workflows of the home folder were looked up.`;
    throw new BraidError(error.code, message, { fix: 'Run it without --no-workspace.' });
  }
}
