/**
 * Entries of a journal as they are gathered from histories and from earlier journals, by the node that asked.
 *
 *  D1  There is one entry for a kind, path, hash and ordinal. A value is better than a failure, and of two alike the run's own counts,
 *      not the inherited one.
 *  D2  Order is that of completion; what was inherited ended before all of the run's own.
 */
import type { CallKey, JournalEntry, JournalRef } from '../../protocol/journal.ts';
import type { ReadRecord } from '../../protocol/activities.ts';
import { nameOf, type NodeKind } from './execution.ts';

/** Where more is to be found of a call that is listed whole: what the node below it asked. */
export interface Below {
  kind: NodeKind;
  /** Path of the node that answered it. */
  path: string;
  /** Its workflow, when its history may still be there. */
  workflowId: string | null;
  /** Its own journal, when it left one. */
  journal: JournalRef | null;
}

export interface Found {
  /** Path of the execution that asked. */
  node: string;
  entry: JournalEntry;
  below: Below | null;
  inherited: boolean;
  /** When it ended, in ms; entries of earlier journals have their place in those. */
  at: number;
}

export class Draft {
  private readonly found = new Map<string, Found>();

  add(found: Found): void {
    const name = `${found.entry.kind}|${nameOf(found.entry)}`;
    const known = this.found.get(name);
    if (known === undefined || rankOf(found) >= rankOf(known)) this.found.set(name, found);
  }

  /** Of an agent whose turns led it into a failure, inherited ones as well. */
  forgetRequests(node: string): void {
    for (const [name, found] of this.found) {
      if (found.node === node && found.entry.kind === 'request') this.found.delete(name);
    }
  }

  /** D2. */
  all(): Found[] {
    return [...this.found.values()].sort(
      (a, b) => Number(b.inherited) - Number(a.inherited) || a.at - b.at || a.entry.seq - b.entry.seq || compare(a, b),
    );
  }

  /** Everything that its calls read of the workspace, each once: whoever reuses the node whole depends on it. */
  reads(): ReadRecord[] {
    const reads = new Map<string, ReadRecord>();
    for (const { entry, inherited } of this.found.values()) {
      // What was stale when this run began was not served in it.
      if (entry.kind !== 'call' || entry.failed !== null || (inherited && entry.stale)) continue;
      for (const read of entry.reads) reads.set(`${read.kind} ${read.what} ${read.hash} ${read.overlay ?? ''}`, read);
    }
    return [...reads.values()];
  }
}

/** What the numbers of an entry are made of. */
export type Cost = Pick<JournalEntry, 'usage' | 'ms'>;

export function newEntry(
  kind: JournalEntry['kind'],
  key: CallKey,
  given: { label: string; from: string; seq: number } & Cost & Partial<JournalEntry>,
): JournalEntry {
  const { path, hash, ordinal, parts, at, tries } = key;
  return {
    ...{ path, hash, ordinal, parts, at, tries, kind },
    ...{ failed: null, stale: false, value: null, large: null, degraded: false, reads: [] },
    ...given,
  };
}

function rankOf({ entry, inherited }: Found): number {
  return (entry.failed === null ? 2 : 0) + (inherited ? 0 : 1);
}

function compare(a: Found, b: Found): number {
  return a.node < b.node ? -1 : a.node > b.node ? 1 : nameOf(a.entry) < nameOf(b.entry) ? -1 : 1;
}
