/** The `savedWorkflows` activity: what scripts and agents can call by name, told by what each script says of itself. */
import type { BraidActivities, SavedWorkflow } from '../../protocol/activities.ts';
import { isJsonObject } from '../../protocol/json.ts';
import { DELEGATE } from '../../protocol/limits.ts';
import { checkScript } from '../../sandbox/check/index.ts';
import { findSavedScript, listSavedScripts, readScript, type SavedPlaces } from '../../store/saved-scripts.ts';
import { toFailure } from '../failures.ts';

/** `home` is where the user's saved workflows are looked up; the machine's home folder when absent. */
export function createSavedWorkflows(options: { home?: string } = {}): BraidActivities['savedWorkflows'] {
  return async (_tag, { workspace }) => {
    const { home } = options;
    const places = { projects: workspace === null ? [] : [workspace.root], ...(home === undefined ? {} : { home }) };
    try {
      const names = await listSavedScripts(places);
      const told = names.slice(0, DELEGATE.described).map((name) => describe(name, places));
      return [...(await Promise.all(told)), ...names.slice(DELEGATE.described).map(unread)];
    } catch (error) {
      throw toFailure(error);
    }
  };
}

/** A script that cannot be used is still a name that `workflow()` knows. */
async function describe(name: string, places: SavedPlaces): Promise<SavedWorkflow> {
  try {
    const { path } = await findSavedScript(name, places);
    const { meta } = checkScript(await readScript(path, path), { file: path });
    const { description, args } = meta ?? {};
    return {
      name,
      description: typeof description === 'string' ? description.slice(0, DELEGATE.descriptionChars) : null,
      args: isJsonObject(args) ? args : null,
    };
  } catch {
    return unread(name);
  }
}

function unread(name: string): SavedWorkflow {
  return { name, description: null, args: null };
}
