/**
 * What the agents of one execution changed (protocol/overlay.ts): the head, on which the next agent begins that is not isolated, and the
 * patches of isolated ones.
 *
 *  H1  What an agent changed is in the head before its program is told of its end: whatever a program asks for begins on what it has seen.
 *  H2  Patches are taken in one after the other, in the order in which their agents ended. Of two that want different things of one place
 *      the earlier one stays, and a warning tells of it.
 *  H3  A merge is asked for only where two changes meet: runs that change nothing have no events of it.
 */
import { isCancellation } from '@temporalio/workflow';
import type { SnapshotKey } from '../../protocol/activities.ts';
import type { ChangesSoFar, ChangesState } from '../../protocol/handover.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import type { Outcome } from '../../protocol/outcome.ts';
import type { Conflict, MergeResult, OverlayRef, Patch } from '../../protocol/overlay.ts';
import { activities } from '../activities.ts';
import { modelFailure } from '../agent/failure.ts';

/** What it needs of the tree. */
export interface ChangesWorld {
  /** Put before the addresses of merges. */
  readonly prefix: string;
  readonly outcomes: Outcome[];
  failed: number;
  snapshotKey(): SnapshotKey | null;
  warn(text: string): void;
  /** Work that must end before the node continues as new. */
  unfinished<T>(work: Promise<T>): Promise<T>;
}

export class Changes {
  /** Null: the bare snapshot. */
  head: Patch | null;
  private readonly world: ChangesWorld;
  /** What the agents above this node had changed when it began. */
  private readonly base: Patch | null;
  private readonly isolated: Patch[] = [];
  /** Overlays that are in the head. */
  private readonly held = new Set<OverlayRef>();
  /** Overlays of earlier runs: those may lie over another snapshot, and are carried over when something begins on them. */
  private readonly older = new Set<OverlayRef>();
  /** What merges were made of, by the overlay that they gave. */
  private readonly parts = new Map<OverlayRef, readonly OverlayRef[]>();
  private kept: Patch | null | undefined;
  private merges = 0;
  private taking: Promise<void> | null = null;

  constructor(world: ChangesWorld, base: Patch | null) {
    this.world = world;
    this.base = base;
    this.head = base;
    if (base === null) return;
    this.held.add(base.overlay);
    this.older.add(base.overlay);
  }

  /** What an agent begins on: what it was given, else nothing when it is isolated, else what all before it changed. */
  beginsOf(use: { on: Patch[] | null; isolated: boolean } | undefined, head = this.head): Patch[] {
    if (use === undefined) return [];
    return use.on ?? (use.isolated || head === null ? [] : [head]);
  }

  /** {@link take} of a result that may have a patch, before its program is told of it (H1). */
  takeIn(
    { patch, replayed }: { patch?: Patch | null | undefined; replayed?: boolean },
    use?: { isolated: boolean },
  ): Promise<void> | null {
    if (patch === undefined || patch === null) return null;
    if (replayed === true) this.older.add(patch.overlay);
    return this.take(patch, use?.isolated ?? false);
  }

  /** The overlay that is all of `patches`, over this run's snapshot; null when it must be made by {@link merge}. */
  overlayOf(patches: readonly Patch[]): { overlay: OverlayRef | null } | null {
    const [first = null] = patches;
    if (patches.length > 1 || (first !== null && this.older.has(first.overlay))) return null;
    return { overlay: first?.overlay ?? null };
  }

  /** Takes in what an agent or a node changed (H2). Null: it is done at once. Rejects for cancellation only. */
  take(patch: Patch, isolated: boolean): Promise<void> | null {
    if (isolated) {
      this.isolated.push(patch);
      return null;
    }
    if (this.taking === null && this.follows(patch)) {
      this.advance(patch, patch);
      return null;
    }
    const before = this.taking ?? Promise.resolve();
    const taking = before.then(() => this.add(patch));
    this.taking = taking;
    return taking.finally(() => {
      if (this.taking === taking) this.taking = null;
    });
  }

  /** A node's own agent changed files itself: that is where all after it begin. Null: what it changed, it took back. */
  standOn(patch: Patch | null): void {
    if (patch === null) this.head = null;
    else this.advance(patch, patch);
  }

  /** What a program chose as the run's; null: nothing. */
  keep(patch: Patch | null): void {
    this.kept = patch;
  }

  /** Several patches as one. Throws ActivityFailure and cancellation. */
  async merge(tag: Omit<CallTag, 'address'>, patches: Patch[]): Promise<MergeResult> {
    const snapshot = this.world.snapshotKey();
    if (snapshot === null) throw new Error('patches without a workspace');
    this.merges += 1;
    const address = `${this.world.prefix}merge:${this.merges}`;
    const includes = this.includesOf(patches);
    const request = { id: address, snapshot, patches, ...(includes.length === 0 ? {} : { includes }) };
    const result = await this.world.unfinished(activities.merge({ ...tag, address }, request));
    const overlays = patches.map(({ overlay }) => overlay);
    this.older.delete(result.patch.overlay);
    if (!overlays.includes(result.patch.overlay)) this.parts.set(result.patch.overlay, overlays);
    return result;
  }

  /** The same for patches that no program looks at: conflicts become warnings, a failure gives null and an outcome. */
  async mergeQuietly(patches: Patch[]): Promise<Patch | null> {
    try {
      const { patch, conflicts } = await this.merge(TAG, patches);
      for (const conflict of conflicts) this.world.warn(conflictText(conflict));
      return patch;
    } catch (error) {
      if (isCancellation(error)) throw error;
      const failure = modelFailure(error);
      const { code, message } = failure ?? { code: 'BRAID_INTERNAL', message: String(error) };
      const address = `${this.world.prefix}merge:${this.merges}`;
      const outcome = { address, label: 'merge', phase: null, reason: 'error', model: null, attempts: 0 } as const;
      const left = patches.map(({ id }) => id).join(', ');
      this.world.failed += 1;
      this.world.outcomes.push({ ...outcome, code, message: `Changes of ${left} could not be merged: ${message}` });
      return null;
    }
  }

  /** What this execution has to show in the end; null: nothing that was not there before it. */
  async result(): Promise<Patch | null> {
    // What was cut off with the program is left out.
    await this.taking?.catch(() => undefined);
    if (this.kept === null) return null;
    const head = this.head === this.base ? null : this.head;
    const all = this.kept === undefined ? [...(head === null ? [] : [head]), ...this.isolated] : [this.kept];
    const [first = null] = all;
    const whole = this.overlayOf(all) === null ? await this.mergeQuietly(all) : first;
    return whole === null || this.kept !== undefined ? whole : this.own(whole);
  }

  /** For people who look at a run that goes on: what is in the head, and whose changes are not. */
  get soFar(): ChangesSoFar {
    const { head, kept = head, isolated } = this;
    return { patch: kept, beside: isolated.map(({ id }) => id) };
  }

  continueFrom({ head, isolated, kept, merges, held, older, parts }: ChangesState): void {
    this.head = head;
    this.isolated.push(...isolated);
    this.kept = kept;
    this.merges = merges;
    for (const overlay of held) this.held.add(overlay);
    for (const overlay of older) this.older.add(overlay);
    for (const [merged, of] of Object.entries(parts)) this.parts.set(merged, of);
  }

  /** Undefined: nothing was changed. */
  get handover(): ChangesState | undefined {
    const { head, isolated, kept, merges } = this;
    if (head === null && isolated.length === 0 && kept === undefined && merges === 0) return undefined;
    const parts = Object.fromEntries([...this.parts].map(([merged, of]) => [merged, [...of]]));
    const state = { head, isolated, merges, held: [...this.held], older: [...this.older], parts };
    return kept === undefined ? state : { ...state, kept };
  }

  private async add(patch: Patch): Promise<void> {
    if (this.head === null || this.follows(patch)) return this.advance(patch, patch);
    const merged = await this.mergeQuietly([this.head, patch]);
    if (merged !== null) this.advance(merged, patch);
  }

  /** Whether the patch began on the head as it is, so that it is the next one as it stands. */
  private follows({ from }: Patch): boolean {
    return this.head === null || this.head.overlay === from;
  }

  private advance(head: Patch, { overlay }: Patch): void {
    this.head = { ...head, from: null };
    this.held.add(overlay).add(head.overlay);
  }

  /** What the patches began on, where it is in the head that is the first of them, or a merge of what is among them. */
  private includesOf(patches: readonly Patch[]): OverlayRef[] {
    const there = new Set(patches.map(({ overlay }) => overlay));
    const ofHead = this.head !== null && patches[0]?.overlay === this.head.overlay;
    // A merge may give what one of its parts was made of.
    const open = new Set<OverlayRef>();
    const holds = (ref: OverlayRef): boolean => {
      if (there.has(ref) || (ofHead && this.held.has(ref))) return true;
      if (open.has(ref)) return false;
      open.add(ref);
      return this.parts.get(ref)?.every(holds) ?? false;
    };
    const froms = new Set(patches.flatMap(({ from }) => (from === null || there.has(from) ? [] : [from])));
    return [...froms].filter(holds);
  }

  /** As seen from above: what this node began on is not its own. */
  private own(patch: Patch): Patch {
    const id = this.world.prefix === '' ? 'run' : this.world.prefix.slice(0, -1);
    return { ...patch, id, from: this.base?.overlay ?? null };
  }
}

/** As a member of a node's result; nothing, and no event, where nothing was changed. */
export async function changesOf({ changes }: { changes: Changes }): Promise<{ patch?: Patch }> {
  if (changes.handover === undefined) return {};
  const patch = await changes.result();
  return patch === null ? {} : { patch };
}

const TAG: Omit<CallTag, 'address'> = { label: 'merge', phase: null, model: null, turn: 0 };

export function conflictText({ path, kind, ours, theirs, hunks }: Conflict): string {
  const where = kind === 'content' ? ` in ${hunks.length} ${hunks.length === 1 ? 'place' : 'places'}` : ` (${kind})`;
  return `conflict: ${ours} and ${theirs} both change ${path}${where}; what ${theirs} wants of that file is left out`;
}
