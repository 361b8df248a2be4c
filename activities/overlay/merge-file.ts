/** Three versions of one file: who changed what, and what becomes of it. */
import type { Conflict } from '../../protocol/overlay.ts';
import type { Store } from '../../store/blobs.ts';
import type { FileState } from '../../store/overlaid.ts';
import { isExecutable } from '../../store/overlays.ts';
import { mergeText } from './merge-text.ts';

export type Verdict =
  /** As it is in ours. */
  | { kind: 'ours' }
  | { kind: 'take'; state: FileState | null }
  | { kind: 'conflict'; of: Conflict['kind']; hunks: Conflict['hunks'] };

export interface FileVersions {
  base: FileState | null;
  ours: FileState | null;
  theirs: FileState | null;
}

const OURS: Verdict = { kind: 'ours' };

/** Errors: BRAID_GIT, those of the store. */
export async function mergeFile(store: Store, versions: FileVersions, signal?: AbortSignal): Promise<Verdict> {
  const { base, ours, theirs } = versions;
  if (same(ours, theirs) || same(base, theirs)) return OURS;
  if (same(base, ours)) return taken(theirs);
  if (ours === null || theirs === null) return conflict('delete');
  const mode = mergedMode(base, ours, theirs);
  if (sameContent(ours, theirs) || (base !== null && sameContent(base, theirs))) return taken({ ...ours, mode });
  if (base !== null && sameContent(base, ours)) return taken({ ...theirs, mode });
  if (base === null) return conflict('add');
  const [before, mine, other] = await Promise.all([base, ours, theirs].map((state) => textOf(store, state)));
  if (before == null || mine == null || other == null) return conflict('binary');
  const result = await mergeText({ base: before, ours: mine, theirs: other }, signal);
  if ('hunks' in result) return conflict('content', result.hunks);
  const hash = await store.put(result.merged);
  return taken({ ...ours, hash, size: result.merged.byteLength, mode });
}

/** What the store does not hold cannot be taken. */
function taken(state: FileState | null): Verdict {
  return state === null || state.hash !== null ? { kind: 'take', state } : conflict('binary');
}

function conflict(of: Conflict['kind'], hunks: Conflict['hunks'] = []): Verdict {
  return { kind: 'conflict', of, hunks };
}

async function textOf(store: Store, state: FileState): Promise<Uint8Array | null> {
  return state.kind === 'text' && !state.binary && state.hash !== null ? store.get(state.hash) : null;
}

function same(a: FileState | null, b: FileState | null): boolean {
  if (a === null || b === null) return a === b;
  return sameContent(a, b) && isExecutable(a.mode) === isExecutable(b.mode);
}

/** Files that are not kept are the same when a listing shows no difference. */
function sameContent(a: FileState, b: FileState): boolean {
  if (a.hash !== null && b.hash !== null) return a.hash === b.hash;
  return a.kind === b.kind && a.hash === b.hash && a.size === b.size && a.target === b.target;
}

function mergedMode(base: FileState | null, ours: FileState, theirs: FileState): number {
  return base !== null && isExecutable(ours.mode) === isExecutable(base.mode) ? theirs.mode : ours.mode;
}
