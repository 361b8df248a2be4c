import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { findSavedScript, listSavedScripts, readScript, type SavedPlaces } from '../../store/saved-scripts.ts';
import type { Place } from './place.ts';

/** A script as the user named it: not checked yet. */
export interface LoadedSource {
  source: string;
  /** Name for messages: the path as typed, a saved script's path, or `stdin`. */
  file: string;
}

/**
 * Loads what `braid run` names (DW-01): `-` is standard input; what has a folder or an extension is a file, relative to
 * where the command was typed; a bare word is a saved script, else a file.
 *
 * @throws BraidError BRAID_FILE_MISSING with the nearest names, BRAID_SCRIPT_TOO_LARGE.
 */
export async function loadScriptSource(target: string, places: SavedPlaces, place: Place): Promise<LoadedSource> {
  if (target === '-') return { source: await place.stdin(), file: 'stdin' };
  const path = resolve(place.cwd, target);
  if (looksLikePath(target)) return readFileAt(path, target, places);
  const saved = await findSaved(target, places);
  if (saved !== null) return { source: await readScript(saved, saved), file: saved };
  return readFileAt(path, target, places);
}

function looksLikePath(target: string): boolean {
  return /[\\/]/.test(target) || extname(target) !== '' || target === '.' || target === '..';
}

async function findSaved(name: string, places: SavedPlaces): Promise<string | null> {
  try {
    return (await findSavedScript(name, places)).path;
  } catch (error) {
    if (isBraidError(error, 'BRAID_WORKFLOW_UNKNOWN')) return null;
    throw error;
  }
}

async function readFileAt(path: string, target: string, places: SavedPlaces): Promise<LoadedSource> {
  const real = await realpath(path).catch(() => null);
  if (real === null) throw await missing(path, target, places);
  if ((await stat(real)).isDirectory()) {
    const fix = 'Name a script file: braid run FILE.js. To review a folder, pass it as --cwd.';
    throw new BraidError('BRAID_FILE_MISSING', `${target} is a folder, not a script.`, { fix });
  }
  return { source: await readScript(real, target), file: target };
}

async function missing(path: string, target: string, places: SavedPlaces): Promise<BraidError> {
  const files = (await readdir(dirname(path)).catch(() => [])).filter((file) => /\.[cm]?[jt]s$/.test(file));
  const saved = await listSavedScripts(places);
  const wanted = basename(target);
  const near = nearest(wanted, files);
  const folder = target.slice(0, target.length - wanted.length);
  const savedNear = nearest(wanted.replace(/\.[cm]?js$/, ''), saved);
  const hints = [
    ...(near === null ? [] : [`Did you mean ${folder}${near}?`]),
    ...(savedNear === null ? [] : [`Did you mean the saved workflow ${savedNear}?`]),
  ];
  const there = saved.length === 0 ? '' : ` Saved workflows: ${saved.slice(0, 20).join(', ')}.`;
  const fix = hints.length > 0 ? hints.join(' ') : `Check the path.${there}`;
  return new BraidError('BRAID_FILE_MISSING', `There is no script ${target}.`, { fix });
}

/** A name close enough to be what was meant. */
function nearest(name: string, names: string[]): string | null {
  if (names.length === 0) return null;
  const best = closest(name, names);
  return distance(name, best) <= Math.max(2, Math.floor(name.length / 3)) || best.startsWith(name) ? best : null;
}
