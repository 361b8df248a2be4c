/** Changes as people and git read them: one unified patch, and how many lines of each file. */
import { OVERLAY } from '../../protocol/limits.ts';
import type { Overlay, OverlayRef, PatchFile } from '../../protocol/overlay.ts';
import type { Store } from '../blobs.ts';
import { changedFiles, type ChangedFile } from '../overlaid.ts';
import { readOverlay } from '../overlays.ts';
import { loadManifest, type Manifest } from '../workspace-manifest.ts';
import { withTrees } from './trees.ts';

/** A patch's overlay with the snapshot that it lies over. */
export interface OpenPatch {
  overlay: Overlay;
  manifest: Manifest;
  /** By path. */
  files: ChangedFile[];
}

/** Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT, BRAID_STORE. */
export async function openPatch(store: Store, ref: OverlayRef): Promise<OpenPatch> {
  const overlay = await readOverlay(store, ref);
  const manifest = await loadManifest(store, overlay.snapshot);
  return { overlay, manifest, files: changedFiles(manifest, overlay) };
}

/**
 * What `overlay` changes of its snapshot as one patch that `git apply` takes, binary files included; empty when it changes nothing. Bytes,
 * because files need not be UTF-8. Errors: those of {@link openPatch}, BRAID_GIT.
 */
export async function patchText(store: Store, ref: OverlayRef, signal?: AbortSignal): Promise<Uint8Array> {
  return patchOf(store, (await openPatch(store, ref)).files, signal);
}

/** {@link patchText} of files at hand. */
export async function patchOf(store: Store, files: readonly ChangedFile[], signal?: AbortSignal): Promise<Uint8Array> {
  if (files.length === 0) return new Uint8Array();
  return withTrees(store, files, signal, (compare) =>
    compare('diff-tree', '-r', '--patch', '--binary', '--full-index', ...PLAIN),
  );
}

/** Each file that differs, with its lines. Errors: BRAID_GIT, those of the store. */
export async function patchFiles(
  store: Store,
  files: readonly ChangedFile[],
  signal?: AbortSignal,
): Promise<PatchFile[]> {
  const unknown = files.filter((file) => !counted.has(contents(file)));
  if (unknown.length > 0) {
    const counts = await withTrees(store, unknown, signal, async (compare) =>
      lineCounts(await compare('diff-tree', '-r', '--numstat', '-z', ...PLAIN)),
    );
    for (const file of unknown) counted.set(contents(file), counts.get(file.path) ?? NO_LINES);
  }
  const result = files.map((file): PatchFile => {
    const { path, before, after } = file;
    const kind = before === null ? 'added' : after === null ? 'deleted' : 'changed';
    const isKept = before === null || before.hash !== null || before.kind === 'symlink';
    return { path, kind, ...(isKept ? (counted.get(contents(file)) ?? NO_LINES) : NOT_COUNTED) };
  });
  for (const oldest of counted.keys()) {
    if (counted.size <= 4 * OVERLAY.files) break;
    counted.delete(oldest);
  }
  return result;
}

interface Lines {
  added: number | null;
  removed: number | null;
}

/** Of a change of the mode alone, and of binary content. */
const NO_LINES: Lines = { added: 0, removed: 0 };
const NOT_COUNTED: Lines = { added: null, removed: null };

/** Counts by what is compared: each merge of a run holds the files of all merges before it. */
const counted = new Map<string, Lines>();

function contents({ before, after }: ChangedFile): string {
  return [before, after].map((state) => state?.hash ?? state?.target ?? '-').join(' ');
}

/** Renames are a removal and an addition: that applies without the file being found anywhere else. */
const PLAIN = ['--no-renames', '--no-ext-diff', '--no-textconv', '--no-color', '--src-prefix=a/', '--dst-prefix=b/'];

/** `ADDED\tREMOVED\tPATH\0` each; `-` for binary content. */
function lineCounts(output: Buffer): Map<string, Lines> {
  const counts = new Map<string, Lines>();
  for (const line of output.toString('utf8').split('\0')) {
    const [, added, removed, path] = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(line) ?? [];
    if (path === undefined) continue;
    const number = (text: string | undefined) => (text === undefined || text === '-' ? null : Number(text));
    counts.set(path, { added: number(added), removed: number(removed) });
  }
  return counts;
}
