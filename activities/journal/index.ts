/** The activities of journals: reading what an earlier run finished, and leaving what this one did. */
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { BraidActivities } from '../../protocol/activities.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { JournalIndex, JournalRef } from '../../protocol/journal.ts';
import { JOURNAL } from '../../protocol/limits.ts';
import { readIndex, readPart, writeJournal } from '../../histories/journal/blobs.ts';
import { closeNode } from '../../histories/journal/close.ts';
import { clientSources } from '../../histories/journal/client-sources.ts';
import { gatherRun } from '../../histories/journal/run.ts';
import type { Store } from '../../store/blobs.ts';
import { RecentReads } from '../../store/recent.ts';
import { findKeptRun, keepRun } from '../../store/run-index.ts';
import { working } from '../working.ts';
import { ensureSnapshot } from '../workspace/ensure.ts';
import { markStale } from './stale.ts';

export interface JournalDeps {
  store: Store;
  /** The server's client, with the store's payload codec; asked for inside an activity. */
  client: () => Client;
}

type JournalActivities = Pick<BraidActivities, 'openJournal' | 'readJournal' | 'closeJournal'>;

export function createJournalActivities({ store, client }: JournalDeps): JournalActivities {
  // Blobs never change, so what was parsed once is right for ever.
  const indexes = new RecentReads<JournalIndex>(JOURNAL.indexes);
  return {
    openJournal: (_tag, { run, snapshot }) =>
      working(async (signal, report) => {
        if (Context.current().info.workflowExecution?.workflowId === run) {
          throw new BraidError('BRAID_JOURNAL', `${run} cannot resume from itself.`, {
            fix: 'Give the new run another --id.',
          });
        }
        const sources = clientSources(client(), store, signal);
        const gatherer = await gatherRun({ ...sources, kept: (id) => keptJournal(store, id) }, run);
        await markStale(gatherer, async () => {
          if (snapshot === null) return null;
          return { snapshot: await ensureSnapshot(store, snapshot, signal, report), home: store.home, signal };
        });
        const written = await writeJournal(store, run, gatherer.draft.all(), []);
        return { ...written, ...(sources.notices.length === 0 ? {} : { notices: sources.notices }) };
      }),
    readJournal: (_tag, { journal, path, part }) =>
      working(async () => {
        const index = await indexes.get(journal.blob, () => readIndex(store, journal));
        const parts = Object.hasOwn(index.nodes, path) ? (index.nodes[path] ?? []) : [];
        const ref = parts[part];
        const entries = ref === undefined ? [] : await readPart(store, index, ref);
        // What was read was judged when the journal was opened, and may be long.
        return {
          entries: entries.map((entry) => ({ ...entry, reads: [] })),
          next: part + 1 < parts.length ? part + 1 : null,
        };
      }),
    closeJournal: (_tag, { root }) =>
      working(async (signal) => {
        const workflowId = Context.current().info.workflowExecution?.workflowId ?? '';
        const { journal, kept } = await closeNode(clientSources(client(), store, signal), workflowId);
        if (root && kept !== null) await keepRun(store, kept);
        return journal;
      }),
  };
}

async function keptJournal(store: Store, run: string): Promise<JournalRef | null> {
  const kept = await findKeptRun(store, run);
  return kept === null ? null : { run, blob: kept.journal };
}
