/** Loads what an execution may serve from the run that is resumed: the root opens that run's journal, nodes below read their part. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { JournalRef } from '../../protocol/journal.ts';
import type { SnapshotKey } from '../../protocol/activities.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import type { RunInput } from '../../protocol/run-input.ts';
import { activities } from '../activities.ts';
import type { Journal } from './journal.ts';

const ROOT_TAG: CallTag = { address: 'journal', label: 'journal', phase: null, model: null, turn: 0 };

/** Throws a failure of the whole node when the run to resume from cannot be read: a fresh start in silence would be paid for (DW-43). */
export async function openJournal(
  journal: Journal,
  input: RunInput,
  { snapshot, warn }: { snapshot: SnapshotKey | null; warn: (text: string) => void },
): Promise<void> {
  const { parent, resumeFrom } = input;
  try {
    if (parent !== undefined) {
      if (input.journal !== undefined) await readJournal(journal, input.journal, parent.tag.address);
    } else if (journal.ref !== null) {
      // The script continued as new: what was served already has lower ordinals than what it asks now.
      await readJournal(journal, journal.ref, ROOT_TAG.address);
    } else if (resumeFrom !== undefined) {
      const opened = await activities.openJournal(ROOT_TAG, { run: resumeFrom, snapshot });
      for (const notice of opened.notices ?? []) warn(notice);
      await readJournal(journal, opened.journal, ROOT_TAG.address);
    }
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) throw error;
    throw ApplicationFailure.create({
      type: cause.type ?? 'BRAID_JOURNAL',
      message: cause.message,
      nonRetryable: true,
    });
  }
}

/** All entries of the journal's path, part by part. */
export async function readJournal(journal: Journal, ref: JournalRef, address: string): Promise<void> {
  journal.ref = ref;
  for (let part: number | null = 0; part !== null;) {
    const tag = { ...ROOT_TAG, address: `${address}/journal:${part + 1}` };
    const read = await activities.readJournal(tag, { journal: ref, path: journal.path, part });
    journal.add(read.entries);
    part = read.next;
  }
}

/** A closing node's own journal, for its parent; undefined when it cannot be written, which costs nobody their result. */
export async function closeJournal(tag: CallTag): Promise<JournalRef | undefined> {
  try {
    return await activities.closeJournal({ ...tag, address: `${tag.address}/journal`, notes: [] }, { root: false });
  } catch (error) {
    if (error instanceof ActivityFailure) return undefined;
    throw error;
  }
}
