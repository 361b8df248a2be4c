/**
 * What one execution knows of finished work: gives its calls their names, and serves those that an earlier run paid for.
 *
 *  V1  Ordinals are counted in the order of asking, per path and hash: identical voters stay as many as they are.
 *  V2  An entry is served at most once, and only by path, hash and ordinal. Failures and stale entries are never served.
 *  V3  Naming and serving depend on nothing but what was asked and what was loaded: replay gives the same.
 */
import type { TreeHandover } from '../../protocol/handover.ts';
import type { CallKey, JournalEntry, JournalRef } from '../../protocol/journal.ts';
import { changedParts, type KeyHash } from './keys.ts';

export interface Named {
  key: CallKey;
  /** What an earlier run paid for; null: it must be asked. */
  served: JournalEntry | null;
}

export class Journal {
  /** Path of this execution's node. */
  readonly path: string;
  /** Null: nothing is resumed. */
  ref: JournalRef | null = null;
  private readonly ordinals = new Map<string, number>();
  private readonly positions = new Map<string, number>();
  private readonly entries = new Map<string, JournalEntry>();
  private readonly byPlace = new Map<string, JournalEntry[]>();
  /** Entries that told already why a call was not served. They may be served still: it was a guess by place. */
  private readonly told = new Set<JournalEntry>();

  constructor(path: string) {
    this.path = path;
  }

  add(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      this.entries.set(nameOf(entry.kind, entry), entry);
      if (entry.kind === 'request') continue;
      for (const place of placesOf(entry)) {
        const there = this.byPlace.get(place);
        if (there === undefined) this.byPlace.set(place, [entry]);
        else there.push(entry);
      }
    }
  }

  /** A call of the node at `path` (a script's nested workflows have paths of their own). */
  call(path: string, { hash, parts }: KeyHash, label: string, tries: number | null): Named {
    const key = this.key(path, hash, parts, tries);
    if (this.ref === null) return { key, served: null };
    const found = this.entries.get(nameOf('call', key));
    if (found !== undefined && found.failed === null && !found.stale) {
      this.forget(found);
      return { key, served: found };
    }
    return { key: { ...key, live: this.whyLive(key, found, label) }, served: null };
  }

  /** A model request of the node's own. */
  request({ hash, parts }: KeyHash): Named {
    const key = this.key(this.path, hash, parts, null);
    const found = this.entries.get(nameOf('request', key));
    if (found === undefined || found.failed !== null) return { key, served: null };
    this.forget(found);
    return { key, served: found };
  }

  /** How many nested workflows of that name the node at `path` has begun, this one included. */
  count(path: string, name: string): number {
    return counted(this.ordinals, `${path}\n${name}`);
  }

  /** Goes on counting where the execution before stopped (V1). */
  continueFrom({ ref, ordinals, positions }: TreeHandover['journal']): void {
    this.ref = ref;
    for (const [name, count] of Object.entries(ordinals)) this.ordinals.set(name, count);
    for (const [name, count] of Object.entries(positions)) this.positions.set(name, count);
  }

  get handover(): TreeHandover['journal'] {
    const { ref, ordinals, positions } = this;
    return { ref, ordinals: Object.fromEntries(ordinals), positions: Object.fromEntries(positions) };
  }

  private key(path: string, hash: string, parts: string, tries: number | null): CallKey {
    const ordinal = counted(this.ordinals, `${path}|${hash}`);
    return { path, hash, ordinal, parts, at: counted(this.positions, path), tries };
  }

  private whyLive(key: CallKey, found: JournalEntry | undefined, label: string): string {
    if (found !== undefined) {
      this.forget(found);
      return found.failed === null ? 'changed: what it read' : 'failed before';
    }
    const before = this.unused(labelPlace(key.path, label)) ?? this.unused(orderPlace(key.path, key.at));
    if (before === undefined) return 'new';
    const changed = changedParts(before.parts, key.parts);
    // The same call once more than before.
    if (changed === '') return 'new';
    this.told.add(before);
    return `changed: ${changed}`;
  }

  private unused(place: string): JournalEntry | undefined {
    const there = this.byPlace.get(place) ?? [];
    return there.find((entry) => !this.told.has(entry) && this.entries.get(nameOf(entry.kind, entry)) === entry);
  }

  private forget(entry: JournalEntry): void {
    this.entries.delete(nameOf(entry.kind, entry));
  }
}

function nameOf(
  kind: JournalEntry['kind'],
  { path, hash, ordinal }: Pick<CallKey, 'path' | 'hash' | 'ordinal'>,
): string {
  return `${kind}|${path}|${hash}|${ordinal}`;
}

function placesOf({ path, label, at }: JournalEntry): string[] {
  return [labelPlace(path, label), orderPlace(path, at)];
}

function labelPlace(path: string, label: string): string {
  return `${path}|label|${label}`;
}

function orderPlace(path: string, at: number): string {
  return `${path}|at|${at}`;
}

function counted(counts: Map<string, number>, name: string): number {
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  return count;
}
