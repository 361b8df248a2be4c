/**
 * Puts checked changes into a folder. All contents are written beside their places before the first of them changes; when one cannot be
 * put in its place, those before it are put back.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Store } from '../../store/blobs.ts';
import type { Step } from './check.ts';

/** Throws what went wrong; the folder is then as it was. */
export async function writeSteps(root: string, steps: readonly Step[], store: Store): Promise<void> {
  const mark = `.braid-${randomUUID().slice(0, 8)}`;
  const undo: (() => Promise<unknown>)[] = [];
  try {
    for (const step of steps) await prepare(root, step, { store, mark, undo });
    for (const step of steps) await place(step, mark, undo);
  } catch (error) {
    for (const back of undo.toReversed()) await back().catch(() => undefined);
    throw error;
  }
  for (const { file } of steps) await rm(`${file}${mark}.old`, { force: true });
  for (const { file, after } of steps) if (after === null) await removeEmpty(root, path.dirname(file));
}

async function prepare(
  root: string,
  { path: name, file, mode, after }: Step,
  { store, mark, undo }: { store: Store; mark: string; undo: (() => Promise<unknown>)[] },
): Promise<void> {
  if (after === null) return;
  if (after.hash === null) throw new Error(`The content of ${name} is not in this store.`);
  const content = await store.get(after.hash);
  const made = await mkdir(path.dirname(file), { recursive: true });
  if (made !== undefined) undo.push(() => removeEmpty(root, path.dirname(file)));
  undo.push(() => rm(`${file}${mark}`, { force: true }));
  const others = mode ?? 0o644;
  const executable = (after.mode & 0o100) === 0 ? others & ~0o111 : others | ((others & 0o444) >> 2);
  await writeFile(`${file}${mark}`, content, { flag: 'wx', mode: executable });
}

async function place({ file, mode, after }: Step, mark: string, undo: (() => Promise<unknown>)[]): Promise<void> {
  if (mode !== null) {
    await rename(file, `${file}${mark}.old`);
    undo.push(() => rename(`${file}${mark}.old`, file));
  }
  if (after === null) return;
  await rename(`${file}${mark}`, file);
  if (mode === null) undo.push(() => rm(file, { force: true }));
}

/** As git does: a folder whose last file went goes as well. */
async function removeEmpty(root: string, folder: string): Promise<void> {
  for (let at = folder; at !== root && at.startsWith(root + path.sep); at = path.dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      // Something is in it.
      return;
    }
  }
}
