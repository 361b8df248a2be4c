import { canonicalJson } from '../../protocol/json.ts';
import type { ReplJournalEntry, ReplOpen } from '../../protocol/repl.ts';
import { sha256 } from '../../store/hash.ts';

/** Name of a session's state by all that made it (V1): what it was opened with, then each turn. Equal lineage, equal heap. */
export type Lineage = string;

function firstLineage(open: ReplOpen): Lineage {
  return hash('', open);
}

export function nextLineage(lineage: Lineage, { turn, undone, calls, faults }: ReplJournalEntry): Lineage {
  return hash(lineage, { turn, undone, calls, faults });
}

/** Lineages after 0, 1, … turns of the journal. */
export function lineagesOf(open: ReplOpen, journal: readonly ReplJournalEntry[]): Lineage[] {
  const lineages = [firstLineage(open)];
  for (const entry of journal) lineages.push(nextLineage(lineages.at(-1) ?? '', entry));
  return lineages;
}

function hash(lineage: Lineage, value: unknown): Lineage {
  return sha256(lineage + canonicalJson(value));
}
