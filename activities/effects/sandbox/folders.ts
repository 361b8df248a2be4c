/** The folders of one command, on the worker's disk for as long as it runs. */
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ShellSettings } from '../../../protocol/effects.ts';
import { SHELL } from '../../../protocol/limits.ts';
import { ETC, type Place } from './command.ts';

const run = promisify(execFile);

/** Ids that no account of a usual system has, one for each command: what runs at once shares nothing, not even a count of processes. */
const FIRST_ID = 0x70000000;
const IDS = 0x0f000000;

const PREFIX = 'braid-shell-';
/** Folders of workers that died are removed when no command can work in them any more. */
const LEFT_MS = SHELL.maxSeconds * 2_000;
let swept = false;

/** Makes them, and removes them after `work`, whatever a command made of them. */
export async function inFolders<T>(
  { network, readOnly }: Pick<ShellSettings, 'network' | 'readOnly'>,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  if (!swept) await removeLeftOvers();
  const base = await mkdtemp(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
  try {
    const [root, workspace, etc] = ['root', 'workspace', 'etc'].map((name) => path.join(base, name)) as [
      string,
      string,
      string,
    ];
    for (const folder of [root, workspace, etc]) await mkdir(folder);
    for (const [name, text] of Object.entries(ETC)) await writeFile(path.join(etc, name), text);
    const kuid = process.getuid?.() === 0 ? FIRST_ID + randomInt(IDS) : null;
    const absolute = readOnly.filter((name) => name.startsWith('/'));
    return await work({ root, workspace, etc, kuid, network, readOnly: absolute, shared: [] });
  } finally {
    await removeAll(base);
  }
}

/**
 * The place with what of the user's folder `root` is to be seen in the workspace: names relative to both. What is not there, or leads out of
 * either by a link (a repository may hold any link), is left out.
 */
export async function sharing(place: Place, root: string, readOnly: readonly string[]): Promise<Place> {
  const shared: [string, string][] = [];
  const home = await realpath(root).catch(() => null);
  for (const name of readOnly.filter((given) => !given.startsWith('/'))) {
    const source = home === null ? null : await realpath(path.join(home, name)).catch(() => null);
    const inside = source !== null && source.startsWith(`${home}/`) && (await lstat(source)).isDirectory();
    if (inside && (await madeFolder(place.workspace, name))) shared.push([source, name]);
  }
  return { ...place, shared };
}

/** False when something else than a folder stands in the way. */
async function madeFolder(workspace: string, name: string): Promise<boolean> {
  let folder = workspace;
  for (const part of name.split('/')) {
    folder = path.join(folder, part);
    await mkdir(folder).catch(() => undefined);
    if ((await lstat(folder).catch(() => null))?.isDirectory() !== true) return false;
  }
  return true;
}

/** Gives the workspace to the command's user. */
export async function handOver({ workspace, kuid }: Place): Promise<void> {
  if (kuid !== null) await run('chown', ['-R', '-h', `${kuid}:${kuid}`, '--', workspace]);
}

async function removeLeftOvers(): Promise<void> {
  swept = true;
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    const folder = path.join(tmpdir(), name);
    const found = await lstat(folder).catch(() => null);
    const own = found !== null && found.isDirectory() && found.uid === process.getuid?.();
    if (own && Date.now() - found.mtimeMs > LEFT_MS) await removeAll(folder);
  }
}

/** Paths longer than a system call takes, and folders that nobody may read, are no obstacle. */
async function removeAll(folder: string): Promise<void> {
  await run('chmod', ['-R', 'u+rwX', '--', folder]).catch(() => undefined);
  await run('rm', ['-rf', '--one-file-system', '--', folder]).catch(() => undefined);
}
