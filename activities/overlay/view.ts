import { WORKSPACE } from '../../protocol/limits.ts';
import type { OverlayRef } from '../../protocol/overlay.ts';
import { emptyOverlay } from '../../store/overlays.ts';
import { RecentReads } from '../../store/recent.ts';
import { overlaid, type OverlaidSnapshot } from '../workspace/overlaid.ts';
import type { Snapshot } from '../workspace/snapshot.ts';
import { carriedOver } from './carry-over.ts';

const known = new RecentReads<OverlaidSnapshot>(WORKSPACE.manifestsKept);

/**
 * `base` as an agent with these changes sees it; null: it has none yet. The latest views stay in memory: every tool call of an agent needs
 * one, and calls share them, so that none ends another's. Errors: those of {@link carriedOver} and `overlaid`.
 */
export async function viewOf(base: Snapshot, ref: OverlayRef | null): Promise<OverlaidSnapshot> {
  if (ref === null) return overlaid(base, emptyOverlay(base.hash));
  const name = `${base.store.home}\0${base.root}\0${base.hash}\0${ref}`;
  return known.get(name, async () => overlaid(base, await carriedOver(base, ref)));
}
