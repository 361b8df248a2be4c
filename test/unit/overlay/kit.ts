import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureSnapshot } from '../../../activities/workspace/ensure.ts';
import type { Snapshot } from '../../../activities/workspace/snapshot.ts';
import type { OverlayRef } from '../../../protocol/overlay.ts';
import type { Store } from '../../../store/blobs.ts';
import { emptyOverlay, readOverlay, withChanges, writeOverlay, type FileChange } from '../../../store/overlays.ts';
import { keyOf, NEVER, tempFolder, tempStore, type Tree } from '../workspace/kit.ts';

export interface World {
  store: Store;
  root: string;
  base: Snapshot;
}

/** A snapshot of a folder with these files. */
export async function worldOf(tree: Tree, store = tempStore(), key = 'run-1'): Promise<World> {
  return worldIn(tempFolder(tree), store, key);
}

export async function worldIn(root: string, store = tempStore(), key = 'run-1'): Promise<World> {
  return { store, root, base: await ensureSnapshot(store, keyOf(root, key), NEVER) };
}

/** Path → new content, null for a deleted file; `[content, mode]` with a mode of its own. */
export type Edits = { [path: string]: string | Uint8Array | null | [string, number] };

export async function overlayOf(
  { store, base }: World,
  edits: Edits,
  from: OverlayRef | null = null,
): Promise<OverlayRef> {
  const before = from === null ? emptyOverlay(base.hash) : await readOverlay(store, from);
  const changes = await Promise.all(
    Object.entries(edits).map(async ([name, edit]): Promise<FileChange> => {
      if (edit === null) return { path: name, entry: null };
      const [content, mode] = Array.isArray(edit) ? edit : [edit, base.entry(name)?.mode ?? 0o644];
      const bytes = Buffer.from(content);
      const entry = { hash: await store.put(bytes), size: bytes.byteLength, mode, binary: bytes.includes(0) };
      return { path: name, entry };
    }),
  );
  return writeOverlay(store, withChanges(before, base.manifest, changes));
}

export async function changesOf({ store }: World, ref: OverlayRef): Promise<{ [path: string]: string | null }> {
  const { changes } = await readOverlay(store, ref);
  const texts = Object.entries(changes).map(async ([name, entry]) => [
    name,
    entry === null ? null : Buffer.from(await store.get(entry.hash)).toString('latin1'),
  ]);
  return Object.fromEntries(await Promise.all(texts)) as { [path: string]: string | null };
}

/** A copy of a folder after `git apply` of a patch. */
export function applied(root: string, patch: Uint8Array): string {
  const folder = tempFolder();
  cpSync(root, folder, { recursive: true, verbatimSymlinks: true });
  const file = path.join(tempFolder(), 'p.patch');
  writeFileSync(file, patch);
  execFileSync('git', ['apply', '--whitespace=nowarn', file], {
    cwd: folder,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CEILING_DIRECTORIES: path.dirname(folder) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return folder;
}

/** Path → mode and content of all files and links in a folder. */
export function filesIn(folder: string, below = ''): { [path: string]: string } {
  const files = readdirSync(path.join(folder, below)).flatMap((entry): [string, string][] => {
    const name = below === '' ? entry : `${below}/${entry}`;
    const file = path.join(folder, name);
    const stat = lstatSync(file);
    if (stat.isDirectory()) return Object.entries(filesIn(folder, name));
    if (stat.isSymbolicLink()) return [[name, `-> ${readlinkSync(file)}`]];
    return stat.isFile() ? [[name, `${(stat.mode & 0o100) === 0 ? '' : 'x '}${readFileSync(file, 'latin1')}`]] : [];
  });
  return Object.fromEntries(files);
}
