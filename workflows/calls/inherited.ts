/** What a node below shares with all others of the run: one snapshot, its settings, and what its calls may be served from. */
import type { RunInput } from '../../protocol/run-input.ts';
import type { Tree } from '../tree/tree.ts';

export function inheritedFrom(tree: Tree): Partial<RunInput> {
  const { journal, input } = tree;
  const snapshot = tree.snapshotKey();
  return {
    ...(snapshot === null ? {} : { snapshotName: snapshot.key }),
    ...(journal.ref === null ? {} : { journal: journal.ref }),
    ...(input.steerable === undefined ? {} : { steerable: input.steerable }),
    ...(input.keepJournal === undefined ? {} : { keepJournal: input.keepJournal }),
    ...(input.mayChange === undefined ? {} : { mayChange: input.mayChange }),
    ...(input.effects === undefined ? {} : { effects: input.effects }),
  };
}
